// What the company had before: nothing of Makegood is in it.

export async function sendReply(ticket: string, reply: { subject: string; body: string }): Promise<void> {
  console.log(`Ticket ${ticket}: sent "${reply.subject}"`);
}

export async function assignToPerson(ticket: string, reason: string): Promise<void> {
  console.log(`Ticket ${ticket}: for a person (${reason})`);
}
