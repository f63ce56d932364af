import { seg } from "#shared/api/client";
import { type Amount, day, money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useGo } from "#shared/nav";
import { Button, Empty, Icon, ProblemBox, usePages } from "#shared/parts";
import { useDriver } from "../data";
import { Page } from "../frame";
import type { DocumentRow } from "../logic/document";
import { NeedSignIn } from "../parts/need";
import { OfflineNote } from "../parts/offline";

/** Receipts, credit notes and statements, the newest first. */
export default function ReceiptsPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  return (
    <Page title={t("page.receipts")} back={() => go("/account")}>
      {known && !driver ? (
        <NeedSignIn why={t("receipt.signIn")} />
      ) : (
        <>
          <OfflineNote />
          <List />
        </>
      )}
    </Page>
  );
}

const size = { limit: 50 };

function List() {
  const t = useT();
  const list = usePages<DocumentRow>("/me/documents", size, ["session"], 5_000);
  if (list.error && list.rows.length === 0) return <ProblemBox error={list.error} retry={list.retry} />;
  if (list.loading && list.rows.length === 0) return <p className="empty">{t("parts.loading")}</p>;
  if (list.rows.length === 0) return <Empty why={t("receipt.none")}>{<p>{t("receipt.noneHow")}</p>}</Empty>;
  return (
    <>
      <ul>
        {list.rows.map((d) => (
          <li key={d.id}>
            <A className="row2" href={`/receipts/${seg(d.id)}`}>
              <span className="min-w-0">
                <b className="block cut">{t(`receipt.kinds.${d.kind}`)}</b>
                <span className="t2 block text-sm">
                  {t("receipt.number", { number: d.number, date: day(d.issued_at) })}
                  {d.revision > 1 && `, ${t("receipt.corrected")}`}
                </span>
              </span>
              {d.kind !== "statement" && <b>{money(signed(d.kind, d.gross))}</b>}
              <Icon name="right" />
            </A>
          </li>
        ))}
      </ul>
      {list.more && (
        <div className="p-4">
          <Button onClick={list.loadMore} busy={list.loading}>
            {t("receipt.older")}
          </Button>
        </div>
      )}
    </>
  );
}

/** A credit note gives back. */
const signed = (kind: string, a: Amount): Amount =>
  kind === "credit_note" ? { ...a, amount_minor: -a.amount_minor } : a;
