import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { binary, clean } from "./server";

interface Answer {
  ok: boolean;
  error?: string;
  told?: unknown;
}

/** A station that does what it is told (`chargewright simulate --steer`): EVSE 1 is DC with 150 kW, EVSE 2 is AC with 22 kW. */
export class Station {
  private waiting: { done: (a: Answer) => void; fail: (e: Error) => void }[] = [];
  private errors = "";
  private ended = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly out: Interface,
  ) {
    out.on("line", (line) => this.waiting.shift()?.done(JSON.parse(line) as Answer));
    child.stderr.on("data", (b: Buffer) => {
      this.errors += b.toString();
    });
    child.on("exit", (code) => {
      this.ended = true;
      for (const w of this.waiting.splice(0)) w.fail(new Error(`the station ended with ${code}: ${this.errors}`));
    });
  }

  /** Starts it. It connects by itself and goes on trying. */
  static run(url: string, id: string, secret: string, protocol: "1.6" | "2.0.1" | "2.1" = "2.0.1"): Station {
    const seed = String(Math.floor(Math.random() * 2 ** 31));
    const args = ["--url", url, "--station", id, "--password", secret, "--protocol", protocol, "--seed", seed];
    const child = spawn(binary, ["simulate", "--steer", ...args], { env: clean() });
    return new Station(child, createInterface({ input: child.stdout }));
  }

  /** One command, such as `plug 1` or `fault 1 GroundFailure`; what the station tells of it. */
  async do(command: string): Promise<unknown> {
    if (this.ended) throw new Error(`the station has ended: ${this.errors}`);
    const a = await new Promise<Answer>((done, fail) => {
      this.waiting.push({ done, fail });
      this.child.stdin.write(`${command}\n`);
    });
    if (!a.ok) throw new Error(`${command}: ${a.error}`);
    return a.told;
  }

  async stop() {
    this.out.close();
    if (this.ended) return;
    await new Promise<void>((done) => {
      this.child.on("exit", () => done());
      this.child.kill("SIGTERM");
    });
  }
}
