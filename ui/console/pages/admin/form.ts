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
