import { ApiProblem } from "../api/problem";
import { useT } from "../i18n";
import { Button } from "./button";
import { ProblemBox } from "./empty";

/** What stands in place of a page that failed; a new release's files may be missing, so loading again is the way. */
export function Broken({ error }: { error: unknown }) {
  const t = useT();
  return (
    <div className="plate h-full">
      <ProblemBox error={error instanceof ApiProblem ? error : new Error(t("problem.unknown"))} />
      <p className="pt-3">
        <Button onClick={() => location.reload()}>{t("problem.reload")}</Button>
      </p>
    </div>
  );
}
