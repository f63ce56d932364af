import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { ApiProblem, get, type Page } from "#shared/api/client";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, type Column, Empty, Plate, Shown, Table, usePages } from "#shared/parts";
import { Export } from "./export";

interface Mail {
  id: string;
  at: string;
  to: string;
  subject: string;
  kind: string;
  state: "waiting" | "sent" | "failed" | "held";
  attempts: number;
  error: string;
  done_at: string | null;
}

interface ShownMail {
  id: string;
  at: string;
  to: string;
  subject: string;
  text: string;
  links: string[];
}

/** Outgoing mails and what became of them; in a demonstration their texts, which nobody is sent. */
export default function Mails() {
  const t = useT();
  const box = useQuery({
    queryKey: ["/mailbox"],
    queryFn: async ({ signal }) => {
      try {
        return await get<Page<ShownMail>>("/mailbox", {}, signal);
      } catch (e) {
        if (e instanceof ApiProblem && e.status === 404) return null;
        throw e;
      }
    },
  });
  const rows = usePages<Mail>(
    "/mails",
    useMemo(() => ({ limit: 100 }), []),
  );
  const columns = useMemo<Column<Mail>[]>(
    () => [
      { id: "at", head: t("mail.at"), cell: (m) => moment(m.at), width: "150px" },
      { id: "to", head: t("mail.to"), cell: (m) => m.to, width: "minmax(160px, 1fr)" },
      { id: "subject", head: t("mail.subject"), cell: (m) => m.subject, width: "minmax(200px, 1.5fr)" },
      {
        id: "state",
        head: t("mail.state"),
        cell: (m) => (
          <span className={m.state === "failed" ? "tf" : m.state === "held" ? "tw" : ""}>
            {t(`mail.states.${m.state}`)}
          </span>
        ),
        width: "150px",
      },
      { id: "attempts", head: t("mail.attempts"), cell: (m) => m.attempts, number: true, width: "90px" },
      { id: "error", head: t("mail.error"), cell: (m) => m.error, width: "minmax(140px, 1fr)" },
    ],
    [t],
  );
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.mail")}</h1>
          <span className="sp" />
          <Export list="exports/mails" />
          <Button
            onClick={() => {
              void box.refetch();
              rows.retry();
            }}
          >
            {t("mail.renew")}
          </Button>
        </div>
        {box.data && <Mailbox mails={box.data.items} />}
        <Table
          label={t("page.mail")}
          columns={columns}
          rows={rows}
          rowKey={(m) => m.id}
          tone={(m) => (m.state === "failed" ? "f" : m.state === "held" ? "w" : undefined)}
          empty={<Empty why={t("mail.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
    </div>
  );
}

function Mailbox({ mails }: { mails: ShownMail[] }) {
  const t = useT();
  return (
    <Plate title={t("mail.box")} note={t("mail.boxNote")}>
      {mails.length === 0 ? (
        <p className="t3">{t("mail.boxEmpty")}</p>
      ) : (
        <ul className="grid gap-2 max-h-80 overflow-y-auto">
          {mails.map((m) => (
            <li key={m.id}>
              <details>
                <summary>
                  <b>{m.subject}</b> <span className="t2">{m.to}</span> <span className="t3">{moment(m.at)}</span>
                </summary>
                <p className="whitespace-pre-wrap mt-2">{m.text}</p>
                <ul>
                  {m.links.filter(ours).map((l) => (
                    <li key={l}>
                      <a className="lk break-all" href={l}>
                        {l}
                      </a>
                    </li>
                  ))}
                </ul>
              </details>
            </li>
          ))}
        </ul>
      )}
    </Plate>
  );
}

/** Only links to this server become links; the rest of a mail stays text. */
const ours = (l: string) => {
  try {
    return new URL(l).origin === location.origin;
  } catch {
    return false;
  }
};
