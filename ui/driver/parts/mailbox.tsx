import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "#shared/api/client";
import { ago } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, ProblemBox, useNow } from "#shared/parts";

interface Mail {
  id: string;
  at: string;
  to: string;
  subject: string;
  text: string;
  links: string[] | null;
}

/** Mails of a demonstration, which sends none: the newest to an address, with their links. */
export function Mailbox({ to }: { to: string }) {
  const t = useT();
  const now = useNow(10_000);
  const q = useQuery({
    queryKey: ["mailbox"],
    queryFn: ({ signal }) => get<Page<Mail>>("/mailbox", {}, signal),
    refetchInterval: 5_000,
  });
  const mails = (q.data?.items ?? []).filter((m) => m.to.toLowerCase().includes(to.trim().toLowerCase())).slice(0, 2);
  return (
    <section className="mailbox" aria-label={t("signin.mailbox")}>
      <p className="text-sm">
        <b>{t("signin.mailbox")}</b> {t("signin.mailboxWhy")}
      </p>
      {q.error && <ProblemBox error={q.error} />}
      {mails.length === 0 && !q.error && (
        <p className="t2 text-sm">
          {t("signin.mailboxEmpty")}{" "}
          <Button small onClick={() => void q.refetch()}>
            {t("parts.again")}
          </Button>
        </p>
      )}
      {mails.map((m) => (
        <article key={m.id}>
          <h2 className="text-sm">
            {m.subject} <span className="t3 font-normal">{ago(m.at, now)}</span>
          </h2>
          <p className="t2 text-sm whitespace-pre-wrap break-words">{m.text}</p>
          {(m.links ?? []).map(own).map(
            (l) =>
              l && (
                <a key={l} className="btn tall" href={l}>
                  {t("signin.openLink")}
                </a>
              ),
          )}
        </article>
      ))}
    </section>
  );
}

/** The part of a link that is ours, on the origin where we are; null for any other. */
function own(link: string): string | null {
  try {
    const u = new URL(link, location.origin);
    return u.pathname.startsWith("/app/") ? u.pathname + u.search + u.hash : null;
  } catch {
    return null;
  }
}
