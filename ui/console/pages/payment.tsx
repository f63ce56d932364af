import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { A, useParams } from "#shared/nav";
import { Loaded, Plate, Plates } from "#shared/parts";
import { usePayment } from "./money/data";
import { PaymentDeeds, PaymentDisputes, PaymentFacts, Standing, StepTrail, usePaymentTitle } from "./money/payment";

/** One payment: how it stands, every step of it, and what a person may do. */
export default function PaymentPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const t = useT();
  const me = useMe();
  const title = usePaymentTitle();
  const q = usePayment(id);
  return (
    <Loaded of={q}>
      {(p) => (
        <Plates className="grid-cols-1 md:grid-cols-[minmax(0,1fr)_412px] md:grid-rows-[auto_1fr]" fill>
          <Plate className="col-span-full">
            <h1>{title(p)}</h1>
            <p className="text-sm mb-2">
              <A className="lk" href="/payments">
                {t("page.payments")}
              </A>
            </p>
            <Standing of={p} />
          </Plate>
          <Plate title={t("money.steps")}>
            <StepTrail of={p} />
            {me.may("money") && <PaymentDeeds of={p} />}
            {p.disputes.length > 0 && (
              <>
                <h2 className="mt-4">{t("page.disputes")}</h2>
                <PaymentDisputes of={p} />
              </>
            )}
          </Plate>
          <Plate title={t("money.facts")}>
            <PaymentFacts of={p} />
          </Plate>
        </Plates>
      )}
    </Loaded>
  );
}
