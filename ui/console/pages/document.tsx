import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { day, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useParams } from "#shared/nav";
import { Button, ButtonLink, Loaded, Note, Pair, Pairs, Plate, Plates, useProblemText } from "#shared/parts";
import { zoneOf } from "../../driver/logic/tape";
import { CorrectDialog } from "./documents/correct";
import { Statement } from "./documents/statement";
import type { Document, FullDocument } from "./documents/types";
import { Sheet } from "./sessions/receipt";
import { GiveBackDialog } from "./support/give-back";
import type { Case } from "./support/types";

/** A document as its reader has it, with what belongs to it and what can be done about it. */
export default function DocumentPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const q = useQuery({
    queryKey: ["/documents", id],
    queryFn: ({ signal }) => get<FullDocument>(`/documents/${seg(id)}`, {}, signal),
    retry: false,
  });
  return <Loaded of={q}>{(d) => <One key={d.id} of={d} />}</Loaded>;
}

function One({ of: d }: { of: FullDocument }) {
  const t = useT();
  return (
    <Plates className="grid-cols-1 lg:grid-cols-[minmax(0,1fr)_340px]">
      <Plate className="receiptplate">
        <div className="noprint sheetbar items-center">
          <h1 className="grow">{`${t(`docs.kind.${d.kind}`)} ${d.number}`}</h1>
          <ButtonLink kind="primary" download href={file(d, "pdf")}>
            {t("docs.pdf")}
          </ButtonLink>
          <Button onClick={() => print()}>{t("sessions.print")}</Button>
        </div>
        {d.kind === "statement" ? <Statement of={d} /> : <Sheet r={d} />}
      </Plate>
      <div className="noprint flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        {d.session_id && <Deeds of={d} session={d.session_id} />}
        <Files of={d} />
        <Related of={d} />
      </div>
    </Plates>
  );
}

/** What can be done about a receipt in force: give back of it, or bill its session anew. */
function Deeds({ of: d, session }: { of: FullDocument; session: string }) {
  const t = useT();
  const me = useMe();
  const [asking, setAsking] = useState<"give" | "correct" | "">("");
  const q = useQuery({
    queryKey: ["/support", "case", session],
    queryFn: ({ signal }) => get<Case>(`/support/cases/${seg(session)}`, {}, signal),
    enabled: d.kind === "receipt" && me.may("people"),
  });
  if (d.kind !== "receipt") return null;
  return (
    <Plate title={t("docs.deeds")}>
      <Loaded of={q}>
        {(c) => {
          const g = c.give_back;
          if (!g || g.receipt_id !== d.id) return <p className="t3">{t("docs.superseded")}</p>;
          const none = g.limit !== null && g.limit.amount_minor === 0;
          const left = g.left.amount_minor > 0;
          const voided = c.session.flags?.includes("void") ?? false;
          return (
            <div className="grid gap-2">
              <Pairs>
                <Pair name={t("docs.leftOf")}>{money(g.left)}</Pair>
                {g.limit && left && <Pair name={t("docs.limit")}>{money(g.limit)}</Pair>}
              </Pairs>
              <p className="flex flex-wrap gap-2">
                {me.may("goodwill") && left && (
                  <Button disabled={none} onClick={() => setAsking("give")}>
                    {t("docs.give")}
                  </Button>
                )}
                {me.may("money") && !voided && (
                  <Button onClick={() => setAsking("correct")}>{t("docs.correct")}</Button>
                )}
              </p>
              {asking === "give" && <GiveBackDialog of={g} onClose={() => setAsking("")} />}
              {asking === "correct" && <CorrectDialog session={session} onClose={() => setAsking("")} />}
            </div>
          );
        }}
      </Loaded>
    </Plate>
  );
}

const file = (d: Document, kind: string) => `/api/v1/documents/${seg(d.id)}/${kind}`;

/** The document as files for other programs, and a link for its reader. */
function Files({ of: d }: { of: FullDocument }) {
  const t = useT();
  const me = useMe();
  const say = useProblemText();
  const zone = zoneOf(d.time_zone || "UTC");
  const link = useMutation({ mutationFn: () => post<Link>(`/documents/${seg(d.id)}/links`, {}) });
  return (
    <Plate title={t("docs.files")}>
      <div className="grid gap-2">
        {d.kind !== "statement" && (
          <p className="flex flex-wrap gap-2">
            <ButtonLink href={file(d, "xml?syntax=ubl")} download>
              {t("docs.ubl")}
            </ButtonLink>
            <ButtonLink href={file(d, "xml?syntax=cii")} download>
              {t("docs.cii")}
            </ButtonLink>
          </p>
        )}
        {me.may("goodwill") && !link.data && (
          <p>
            <Button busy={link.isPending} onClick={() => link.mutate()}>
              {t("docs.link")}
            </Button>
          </p>
        )}
        {link.data && (
          <p className="t2 text-sm">
            <span className="mono block break-all select-all">{link.data.url}</span>
            {t("docs.linkHolds", { day: day(link.data.expires_at, zone) })}
          </p>
        )}
        {link.isError && <Note>{say(link.error)}</Note>}
      </div>
    </Plate>
  );
}

interface Link {
  url: string;
  expires_at: string;
}

function Related({ of: d }: { of: FullDocument }) {
  const t = useT();
  const me = useMe();
  const zone = zoneOf(d.time_zone || "UTC");
  return (
    <Plate title={t("docs.belongs")}>
      <ul className="grid gap-2">
        {(d.related ?? []).map((x: Document) => (
          <li key={x.id}>
            <A className="lk" href={`/documents/${seg(x.id)}`}>
              {`${t(`docs.kind.${x.kind}`)} ${x.number}`}
            </A>
            <span className="t2 block text-sm">{`${day(x.issued_at, zone)}, ${money(x.gross)}`}</span>
          </li>
        ))}
        {d.session_id && (
          <li>
            <A className="lk" href={`/sessions/${seg(d.session_id)}`}>
              {t("docs.session")}
            </A>
          </li>
        )}
        {d.session_id && me.may("people") && (
          <li>
            <A className="lk" href={`/support/${seg(d.session_id)}`}>
              {t("docs.happened")}
            </A>
          </li>
        )}
        {d.driver_id && me.may("people") && (
          <li>
            <A className="lk" href={`/drivers/${seg(d.driver_id)}`}>
              {d.driver_name ?? t("sessions.driver")}
            </A>
          </li>
        )}
      </ul>
    </Plate>
  );
}
