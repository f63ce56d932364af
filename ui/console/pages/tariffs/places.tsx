import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { del, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, ConfirmByConsequence, Empty, Loaded, ZoneNote } from "#shared/parts";
import { useAssignments } from "./data";
import { type Assignment, placesOf, spot } from "./logic";
import { Place, useAudience, usePeriod } from "./offer";
import { OfferDialog } from "./offer-dialog";

/** Marks everything that depends on offers as old. */
function useRenew() {
  const cache = useQueryClient();
  return async () => {
    await cache.invalidateQueries({ queryKey: ["/tariff-assignments"] });
    await cache.invalidateQueries({ queryKey: ["/stations"] });
  };
}

/** Where a tariff is offered, to whom and for how long; more of it, and less. */
export function Places({ id }: { id: string }) {
  const t = useT();
  const me = useMe();
  const renew = useRenew();
  const q = useAssignments();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Assignment | null>(null);
  return (
    <>
      <p className="t2 mb-2">
        {t("tariffs.precedence")}{" "}
        <A className="lk" href="/tariff-check">
          {t("page.tariffCheck")}
        </A>
      </p>
      <Loaded of={q}>
        {(d) => {
          const mine = placesOf(d.items, id);
          if (mine.length === 0) return <Empty why={t("tariffs.nowhere")} />;
          return (
            <ul aria-label={t("tariffs.applies")}>
              {mine.map((a) => (
                <Row key={a.id} of={a} onTake={me.may("money") ? () => setRemoving(a) : undefined} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <p className="mt-3 flex flex-wrap items-center gap-3">
        {me.may("money") && <Button onClick={() => setAdding(true)}>{t("offers.offer")}</Button>}
        <span className="t3 text-sm">
          <ZoneNote zone={ownZone()} />
        </span>
      </p>
      {adding && (
        <OfferDialog
          id={id}
          onClose={() => setAdding(false)}
          onDone={async () => {
            await renew();
            setAdding(false);
          }}
        />
      )}
      {removing && (
        <ConfirmByConsequence
          title={t("offers.takeTitle", { id })}
          open
          onClose={() => setRemoving(null)}
          consequence={<Then of={removing} />}
          deed={t("offers.take")}
          act={async () => {
            await del(`/tariff-assignments/${seg(removing.id)}`);
            await renew();
          }}
        />
      )}
    </>
  );
}

function Row({ of: a, onTake }: { of: Assignment; onTake?: () => void }) {
  const t = useT();
  const audience = useAudience();
  const period = usePeriod();
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line py-2">
      <span className="t2 w-20">{t(`tariffs.kind.${a.kind}`)}</span>
      <span className="grow basis-48 min-w-0 break-words">
        <Place of={a} />
        <span className="block t2 text-sm">
          {audience(a)}, {period(a)}
        </span>
      </span>
      <span className={a.in_force ? "te" : "tp"}>{t(a.in_force ? "offers.inForce" : "offers.toCome")}</span>
      {onTake && (
        <Button small onClick={onTake}>
          {t("offers.take")}
        </Button>
      )}
    </li>
  );
}

/** What becomes of sessions once an offer is taken away. */
function Then({ of: a }: { of: Assignment }) {
  const t = useT();
  const audience = useAudience();
  const { station } = spot(a);
  return (
    <div className="grid gap-2">
      <p>
        <b>
          <Place of={a} />
        </b>
        , {audience(a)}
      </p>
      <p>{t(a.in_force ? "offers.takeThen" : "offers.takeThenToCome")}</p>
      {a.in_force && station && (
        <p>
          <A className="lk" href={`/tariff-check?station=${seg(station)}`}>
            {t("offers.checkAt", { station })}
          </A>
        </p>
      )}
    </div>
  );
}
