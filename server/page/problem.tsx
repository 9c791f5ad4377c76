import type { Refused } from '../usage-session';
import { type Frame, Layout } from './layout';

/** A page without any content but what went wrong and what to do about it. */
export interface Problem {
  readonly status: 401 | 403 | 404 | 503 | 500;
  readonly heading: string;
  readonly text: string;
}

const AGAIN = 'Open your usage page from the product again to get a new one.';

export const REFUSALS: Record<Refused, Problem> = {
  missing: { status: 401, heading: 'You are not signed in here', text: 'Open your usage page from the product.' },
  expired: {
    status: 401,
    heading: 'Your session has expired',
    text: `For your security it only lasts for a limited time. ${AGAIN}`,
  },
  used: { status: 401, heading: 'This link was already used', text: `Each link is good for one visit. ${AGAIN}` },
  invalid: {
    status: 403,
    heading: 'This link is not valid',
    text: `It may have been cut off or changed on the way. ${AGAIN}`,
  },
};

export const UNAVAILABLE: Problem = {
  status: 503,
  heading: 'Your usage cannot be shown right now',
  text: 'We cannot reach our records at the moment. Your credits are safe. Please try again in a minute.',
};

export const BROKEN: Problem = {
  status: 500,
  heading: 'Something went wrong on our side',
  text: 'Your credits are safe. Please try again in a minute.',
};

export function ProblemPage({ problem, ...frame }: { problem: Problem } & Omit<Frame, 'title'>) {
  return (
    <Layout title={problem.heading} {...frame}>
      <div class="problem" data-problem={problem.status}>
        <h1>{problem.heading}</h1>
        <p>{problem.text}</p>
      </div>
    </Layout>
  );
}
