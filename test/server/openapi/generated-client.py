"""What a Python backend does with the client that openapi-python-client makes: start, wait, read usage."""

import sys

from makegood_client import AuthenticatedClient
from makegood_client.api.generations import get_generation, retry_generation, start_generation
from makegood_client.api.usage import list_usage
from makegood_client.models import (
    EmailDraftInput,
    EmailDraftOutput,
    Generation,
    GenerationStatus,
    Problem,
    ProblemCode,
    RetryGeneration,
    StartEmailDraft,
)

url, key, account, unpaid, delivered_to, refused_to = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, timeout=60, raise_on_unexpected_status=True)


def start(account: str, id: str, to: str, wait: float = 0) -> Generation | Problem | None:
    body = StartEmailDraft(account=account, id=id, kind="email-draft", input_=EmailDraftInput(to=to, goal="Say hello"))
    return start_generation.sync(client=client, body=body, wait=wait)


with client:
    held = start(account, "welcome", delivered_to)
    assert isinstance(held, Generation), held
    # Asked again under the same id: it is not made twice, and the answer waits for its end.
    done = start(account, "welcome", delivered_to, wait=30)
    assert isinstance(done, Generation) and done.status == GenerationStatus.SUCCEEDED, done
    assert isinstance(done.output, EmailDraftOutput) and done.output.subject, done
    assert (done.charged, done.refunded, done.balance) == (1, 0, 9), done
    shown = get_generation.sync("welcome", client=client, account=account)
    assert isinstance(shown, Generation) and shown.output == done.output, shown

    refunded = start(account, "refused", refused_to, wait=30)
    assert isinstance(refunded, Generation) and refunded.status == GenerationStatus.REFUNDED, refunded
    assert refunded.output is None and refunded.reason == "PROVIDER_REFUSED", refunded
    again = retry_generation.sync("refused", client=client, account=account, wait=30, body=RetryGeneration(after=1))
    assert isinstance(again, Generation) and (again.charged, again.refunded) == (2, 2), again

    short = start(unpaid, "too-dear", delivered_to)
    assert isinstance(short, Problem) and short.code == ProblemCode.INSUFFICIENT_CREDITS, short
    assert (short.balance, short.price) == (0, 1), short

    kinds: list[str] = []
    cursor: int | None = None
    while True:
        page = list_usage.sync(account, client=client, limit=2, **({} if cursor is None else {"cursor": cursor}))
        assert page is not None and not isinstance(page, Problem), page
        kinds += [entry.kind.value for entry in page.entries]
        cursor = page.next_
        if cursor is None:
            break
    print(" ".join(reversed(kinds)))
