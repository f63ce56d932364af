import { useQuery } from "@tanstack/react-query";
import { money } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { payer } from "../logic/pay";
import { savedQuery, walletQuery } from "../money";
import { useMethodName } from "./method";

/** Before a start: what it will be paid with, and the way to another. */
export function Payer() {
  const t = useT();
  const w = useQuery(walletQuery).data;
  const methods = useQuery(savedQuery).data?.items;
  const name = useMethodName();
  if (!w?.offered || !methods) return null;
  const p = payer(w, methods);
  return (
    <p className="text-sm">
      <b>{t(`pay.by.${p.how}`, { free: money(w.free), method: p.method ? name(p.method) : "" })}</b>{" "}
      {p.method ? (
        <A className="lk" href="/methods">
          {t("pay.change")}
        </A>
      ) : (
        <>
          {t("pay.later")}{" "}
          <A className="lk" href="/methods">
            {t("pay.addMethod")}
          </A>
        </>
      )}
    </p>
  );
}
