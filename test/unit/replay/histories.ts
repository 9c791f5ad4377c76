/** The lives of a generation whose histories are recorded from the real server, and replayed against today's code. */
export const HISTORIES = {
  success: { behaviour: 'ok' },
  retry: { behaviour: 'flaky-2' },
  refund: { behaviour: 'refused' },
  cancel: { behaviour: 'hang', cancel: true },
} as const satisfies Record<string, { behaviour: string; cancel?: boolean }>;

export type HistoryName = keyof typeof HISTORIES;

/** As the server sent it, in protobuf's own binary form. */
export const fileOf = (name: string) => `${__dirname}/histories/${name}.binpb`;
