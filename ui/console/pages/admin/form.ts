import { useState } from "react";
import { ApiProblem } from "#shared/api/client";

/** A deed of a form: busy while it runs, and what went wrong with it; `at` is the problem of one member. */
export function useDeed() {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const run = async (f: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setFailed(null);
    try {
      await f();
      return true;
    } catch (e) {
      setFailed(e);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    failed,
    run,
    at: (field: string) => (failed instanceof ApiProblem ? failed.at(field) : ""),
    clear: () => setFailed(null),
  };
}

/** A moment as a field of local date and time takes it: "2026-11-20T14:32". */
export function localTime(at: string): string {
  const d = new Date(at);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment that such a field names; undefined while it names none. */
export function momentOf(local: string): string | undefined {
  const d = new Date(local);
  return local === "" || Number.isNaN(d.getTime()) ? undefined : d.toISOString();
}
