import { describe, expect, it } from "vitest";
import { answerWord, curlOf, errorText, frames, keyOf, type Message, merge, outcomeOf, requestWords } from "./logic";

const m = (over: Partial<Message> = {}): Message => ({
  station_id: "CP-1",
  at: "2026-11-20T12:00:00.000001Z",
  from_us: true,
  message_id: "7",
  action: "Reset",
  request: { type: "Soft" },
  response: { status: "Accepted" },
  latency_us: 900,
  ...over,
});

describe("the log", () => {
  it("keeps each message once, newest first, and not more than it may", () => {
    const a = m({ at: "2026-11-20T12:00:01Z", message_id: "1" });
    const b = m({ at: "2026-11-20T12:00:02Z", message_id: "2" });
    const c = m({ at: "2026-11-20T12:00:03Z", message_id: "1" });
    expect(merge([c, b], [b, a]).map((x) => x.at)).toEqual([c.at, b.at, a.at]);
    expect(merge([c, b], [b, a], 2)).toHaveLength(2);
    expect(keyOf(a)).not.toBe(keyOf({ ...a, from_us: false }));
  });
  it("tells an answer from an error from silence", () => {
    expect(outcomeOf(m())).toBe("ok");
    expect(outcomeOf(m({ response: undefined, failure: "no answer in 30 s" }))).toBe("silent");
    const e = m({ response: undefined, error: { code: "NotSupported", description: "", details: {} } });
    expect(outcomeOf(e)).toBe("error");
    expect(errorText(e)).toBe("NotSupported");
    expect(errorText(m({ error: { code: "InternalError", description: "disk" } }))).toBe("InternalError: disk");
    expect(errorText(m({ failure: "gone" }))).toBe("gone");
  });
  it("finds the words that say most", () => {
    expect(answerWord(m())).toBe("Accepted");
    expect(answerWord(m({ response: { idTagInfo: { status: "Blocked" } } }))).toBe("Blocked");
    expect(answerWord(m({ response: [1] as unknown }))).toBe("");
    expect(requestWords(m({ request: { connectorId: 2, status: "Faulted", errorCode: "GroundFailure" } }))).toBe(
      "Faulted, GroundFailure, #2",
    );
    expect(requestWords(m({ request: null }))).toBe("");
    expect(requestWords(m({ request: { status: { evil: 1 } } }))).toBe("");
  });
  it("quotes what goes into a shell", () => {
    const line = curlOf(m({ station_id: "A B", request: { a: "it's $(rm)" } }), "https://x.example");
    expect(line).toContain(`'{"a":"it'\\''s $(rm)"}'`);
    expect(line).toContain("'https://x.example/api/v1/stations/A%20B/ocpp/Reset'");
  });
  it("writes frames as they went over the wire", () => {
    expect(frames(m())).toBe('[2,"7","Reset",{"type":"Soft"}]\n[3,"7",{"status":"Accepted"}]');
    expect(frames(m({ error: { code: "X", description: "y", details: {} } })).split("\n")[1]).toBe(
      '[4,"7","X","y",{}]',
    );
    expect(frames(m({ response: undefined }))).not.toContain("\n");
  });
});
