export const taskQueue = process.env.MAKEGOOD_TASK_QUEUE || 'tickets';
