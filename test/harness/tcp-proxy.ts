import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { LOOPBACK } from '../../dev/ports';

/**
 * What happens to the bytes of a connection:
 * - `pass`: they go through;
 * - `cut-before`: the next that a client sends is not passed on, its connection is cut: the server never sees it;
 * - `cut-after`: it is passed on, and the connection is cut when the server answers: it was done, nobody heard of it;
 * - `refuse`: no connection is taken, those that are there are cut.
 */
export type Fault = 'pass' | 'cut-before' | 'cut-after' | 'refuse';

/** A TCP proxy between a client and a server, on loopback, that fails as networks do. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections a cut has met since `set`: to see that the fault took place. */
  readonly cuts: number;
  /** From now on. A cut is for one connection; the next ones pass. */
  set(fault: Fault): void;
  /** What the server answers is held back for so long, in ms. 0: no longer. */
  delay(ms: number): void;
  /** Everything passes again. */
  heal(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let fault: Fault = 'pass';
  let delayMs = 0;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const cut = (...pair: Socket[]) => {
    if (fault !== 'refuse') fault = 'pass';
    cuts++;
    for (const socket of pair) socket.destroy();
  };

  const server = createServer((client) => {
    if (fault === 'refuse') return cut(client);
    const upstream = connect(target);
    /** Whether it is this connection whose next answer is lost. */
    let answerIsLost = false;
    client.on('data', (bytes) => {
      if (fault === 'cut-before') return cut(client, upstream);
      if (fault === 'cut-after') {
        answerIsLost = true;
        fault = 'pass';
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (answerIsLost) return cut(client, upstream);
      if (delayMs > 0) setTimeout(() => client.write(bytes), delayMs).unref();
      else client.write(bytes);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {}); // What is cut fails on both sides, which is what the proxy is for.
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');

  const set = (next: Fault) => {
    fault = next;
    cuts = 0;
    if (next === 'refuse') for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    set,
    delay: (ms) => {
      delayMs = ms;
    },
    heal: () => {
      delayMs = 0;
      set('pass');
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
