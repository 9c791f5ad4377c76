"""A backend that sells emails: it drafts one for a customer, and shows what the customer was charged.

    MAKEGOOD_URL=http://127.0.0.1:8080 MAKEGOOD_KEY=mg_… python3 app.py ACCOUNT EMAIL
"""

import hashlib
import os
import sys

from makegood import Makegood, Problem


def draft_email(makegood: Makegood, account: str, to: str) -> int:
    # The product's own name for this work, without the address. Whoever presses twice gets one draft, and pays once.
    id = f"welcome-{hashlib.sha256(to.encode()).hexdigest()[:16]}"
    try:
        started = makegood.start(account, id, "email-draft", {"to": to, "goal": "Welcome a new customer"})
        ended = makegood.wait(started)
    except Problem as problem:
        if problem.code != "INSUFFICIENT_CREDITS":
            raise
        print(f"Not enough credits: it takes {problem.body['price']}, there are {problem.body['balance']}.")
        return 2
    if ended["status"] == "succeeded":
        print(f"Subject: {ended['output']['subject']}\n\n{ended['output']['body']}\n")
        return 0
    # Nothing was delivered, and so nothing is charged: the credits are back before we read this.
    print(f"No draft: {ended['message']} {ended['refunded']} of {ended['charged']} credits came back.")
    return 1


def print_usage(makegood: Makegood, account: str) -> None:
    print(f"Balance of {account}: {makegood.balance(account)}")
    for entry in makegood.usage(account):
        if entry["kind"] != "SETTLE":  # It spends what was held: the balance has known since the RESERVE.
            print(f"  {entry['amount']:+5}  {entry['kind']:8} {entry['label'] or ''} {entry['message'] or ''}".rstrip())


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    client = Makegood(os.environ["MAKEGOOD_URL"], os.environ["MAKEGOOD_KEY"])
    code = draft_email(client, *sys.argv[1:])
    print_usage(client, sys.argv[1])
    sys.exit(code)
