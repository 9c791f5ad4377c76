import { proxyActivities } from '@temporalio/workflow';
import type { plainSagaActivities } from './activities';

// The saga as Temporal's samples show it: activities with a minute each, compensation in the catch block.
// https://github.com/temporalio/samples-typescript/tree/main/saga

const { reserve, draft, settle, refund } = proxyActivities<ReturnType<typeof plainSagaActivities>>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 5 },
});

export async function plainSaga(id: string, to: string): Promise<string> {
  await reserve(id);
  try {
    const text = await draft(to);
    await settle(id);
    return text;
  } catch (error) {
    await refund(id);
    throw error;
  }
}
