import type { ReactNode } from "react";
import { ApiProblem } from "../api/problem";
import { duration } from "../format";
import { useT } from "../i18n";
import { Button } from "./button";
import { Icon } from "./icon";

/** Nothing here: says why, and what next. `why` "No sessions on 20 Nov.", children the next step. */
export function Empty({ why, children }: { why: ReactNode; children?: ReactNode }) {
  return (
    <div className="empty">
      <p>{why}</p>
      {children}
    </div>
  );
}

/** The words of any failure, for people. */
export function useProblemText() {
  const t = useT();
  return (e: unknown): string => {
    if (!(e instanceof ApiProblem)) return e instanceof Error && e.message ? e.message : t("problem.unknown");
    if (e.status === 0) return t("problem.offline");
    const wait = e.problem.retry_after ? ` ${t("problem.wait", { time: duration(e.problem.retry_after * 1000) })}` : "";
    if (e.status === 403) return t("problem.denied");
    if (e.problem.detail) return e.problem.detail + wait;
    if (e.status >= 500) return t("problem.server") + wait;
    return e.problem.title + wait;
  };
}

/** A failure where its content would be: red, icon, words, and the way to try again. */
export function ProblemBox({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  const text = useProblemText();
  return (
    <div className="prob" role="alert">
      <Icon name="p1" />
      <div>
        <p>{text(error)}</p>
        {error instanceof ApiProblem &&
          error.problem.errors?.map((f) => (
            <p key={(f.field ?? "") + f.detail}>{[f.field, f.detail].filter(Boolean).join(": ")}</p>
          ))}
      </div>
      {retry && (
        <Button small onClick={retry}>
          {t("parts.again")}
        </Button>
      )}
    </div>
  );
}

/** A remark that asks for attention but stops nothing. */
export function Note({ children }: { children: ReactNode }) {
  return (
    <div className="note">
      <Icon name="p2" />
      <div>{children}</div>
    </div>
  );
}

/** What a query has: waiting, failed, or its data. No shimmer: one quiet line. */
export function Loaded<T>({
  of,
  children,
}: {
  of: { data: T | undefined; error: Error | null; isPending: boolean; refetch: () => unknown };
  children: (data: T) => ReactNode;
}) {
  const t = useT();
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ProblemBox error={of.error} retry={() => void of.refetch()} />;
  return (
    <p className="empty" aria-busy="true">
      {t("parts.loading")}
    </p>
  );
}
