import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import type { Duplex } from "node:stream";

/** A station of OCPP-J that says whatever it is told, letter by letter: for what no simulated station would say. */
export class Raw {
  private answers = new Map<string, (a: unknown[]) => void>();
  private rest = Buffer.alloc(0);
  private next = 0;

  private constructor(private readonly socket: Duplex) {
    socket.on("data", (b: Buffer) => {
      this.rest = Buffer.concat([this.rest, b]);
      for (let text = this.frame(); text !== null; text = this.frame()) {
        const m = JSON.parse(text) as unknown[];
        if (m[0] === 3 || m[0] === 4) this.answers.get(String(m[1]))?.(m);
      }
    });
  }

  static connect(port: number, id: string, secret: string): Promise<Raw> {
    const key = randomBytes(16).toString("base64");
    return new Promise((done, fail) => {
      const r = request({
        host: "127.0.0.1",
        port,
        path: `/ocpp/${encodeURIComponent(id)}`,
        headers: {
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": key,
          "Sec-WebSocket-Protocol": "ocpp1.6",
          Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
        },
      });
      r.on("upgrade", (m, socket) => {
        const proof = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        if (m.headers["sec-websocket-accept"] === proof) done(new Raw(socket));
        else fail(new Error("the handshake is wrong"));
      });
      r.on("response", (m) => fail(new Error(`refused with ${m.statusCode}`)));
      r.on("error", fail);
      r.end();
    });
  }

  /** Sends a call and resolves with the whole answer. */
  call(action: string, payload: object): Promise<unknown[]> {
    const id = String(++this.next);
    const body = Buffer.from(JSON.stringify([2, id, action, payload]));
    const head =
      body.length < 126
        ? Buffer.from([0x81, 0x80 | body.length])
        : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255]);
    const mask = randomBytes(4);
    return new Promise((done) => {
      this.answers.set(id, done);
      this.socket.write(Buffer.concat([head, mask, body.map((b, i) => b ^ (mask[i % 4] ?? 0))]));
    });
  }

  close() {
    this.socket.destroy();
  }

  /** The next whole text that came, or null. Frames of a server bear no mask; pings and the like are passed over. */
  private frame(): string | null {
    while (this.rest.length >= 2) {
      const [b0 = 0, b1 = 0] = this.rest;
      const long = b1 === 126;
      if (b1 > 126 || (long && this.rest.length < 4)) return null;
      const size = long ? this.rest.readUInt16BE(2) : b1;
      const from = long ? 4 : 2;
      if (this.rest.length < from + size) return null;
      const body = this.rest.subarray(from, from + size);
      this.rest = this.rest.subarray(from + size);
      if ((b0 & 15) === 1) return body.toString();
    }
    return null;
  }
}
