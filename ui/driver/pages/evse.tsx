import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiProblem, seg } from "#shared/api/client";
import { duration } from "#shared/format";
import { connectorWords } from "#shared/format/connector";
import { useT } from "#shared/i18n";
import { A, useGo, useParams } from "#shared/nav";
import {
  Button,
  ButtonLink,
  Dialog,
  Empty,
  Loaded,
  Note,
  ProblemBox,
  Radios,
  Select,
  StateMark,
  useNow,
} from "#shared/parts";
import { keepWay } from "../back";
import { askStart, configQuery, plugQuery, profileQuery, useDriver, vehiclesQuery } from "../data";
import { Page } from "../frame";
import { grouped } from "../logic/code";
import { worth } from "../logic/plugs";
import { asSentence } from "../logic/price";
import type { EvseCard, PlugPrice, SiteCard } from "../logic/types";
import { Ahead } from "../parts/ahead";
import { Details } from "../parts/details";
import { useHelpline } from "../parts/helpline";
import { Payer } from "../parts/payer";
import { useOffers, whole } from "../parts/price";
import { SignIn } from "../parts/sign-in";

/** States of a plug at which a start may be asked for: free, plugged in and waiting, or not said yet. */
const ready = ["available", "preparing", "unknown"];

export default function PlugPage() {
  const t = useT();
  const go = useGo();
  const { code = "" } = useParams({ strict: false }) as { code?: string };
  const q = useQuery(plugQuery(code));
  const missing = q.error instanceof ApiProblem && q.error.status === 404 && !q.data;
  return (
    <Page
      over={q.data?.site.name}
      title={q.data ? t("evse.title", { n: q.data.evse.evse_id }) : t("page.evse")}
      back={() => go(q.data ? `/site/${seg(q.data.site.id)}` : "/")}
      dock={
        q.data ? (
          <Charge evse={q.data.evse} site={q.data.site} />
        ) : missing ? (
          <Button go icon="qr" onClick={() => go("/start")}>
            {t("evse.again")}
          </Button>
        ) : undefined
      }
    >
      {missing ? (
        <Empty why={t("evse.unknown", { code })}>{<p>{t("evse.unknownHow")}</p>}</Empty>
      ) : (
        <Loaded of={q}>{(d) => <Content evse={d.evse} site={d.site} />}</Loaded>
      )}
    </Page>
  );
}

function Content({ evse, site }: { evse: EvseCard; site: SiteCard }) {
  const t = useT();
  const now = useNow(10_000);
  const words = connectorWords(evse.connectors.map((c) => c.standard)).join(", ");
  const all = useOffers(evse);
  return (
    <>
      <section aria-live="polite">
        <p className="flex flex-wrap items-center gap-x-2 text-page font-bold">
          <StateMark state={evse.state} size={20} />
        </p>
        {evse.since && <p className="t2 text-sm">{t("evse.since", { age: duration(now - Date.parse(evse.since)) })}</p>}
        <Why evse={evse} site={site} />
      </section>
      <section>
        <dl className="kv">
          {evse.max_power_w > 0 && (
            <>
              <dt>{t("evse.power")}</dt>
              <dd>{t("evse.upTo", { power: whole(evse.max_power_w) })}</dd>
            </>
          )}
          {words && (
            <>
              <dt>{t("evse.connector")}</dt>
              <dd>{words}</dd>
            </>
          )}
          <dt>{t("evse.number")}</dt>
          <dd className="mono">{grouped(evse.number)}</dd>
          {evse.contract_id && (
            <>
              <dt>{t("evse.contract")}</dt>
              <dd className="mono">{evse.contract_id}</dd>
            </>
          )}
        </dl>
      </section>
      <section>
        <h2>{t("price.price")}</h2>
        {all.map(({ price, plugs }) => (
          <div key={plugs} className={plugs && "pt-1"}>
            {plugs && <h3 className="t2 text-sm">{plugs}</h3>}
            {price ? (
              <>
                <p className="text-head">
                  <b>{asSentence(price.sentence)}</b>
                </p>
                {price.tax !== "none" && <p className="t2 text-sm">{t(`price.tax.${price.tax}`)}</p>}
                <Ahead of={price} zone={site.time_zone} />
                <Details of={price.details} sentence={price.sentence} />
              </>
            ) : (
              <p>{t("price.none")}</p>
            )}
          </div>
        ))}
      </section>
    </>
  );
}

/** Why one cannot start here, and what to do instead. */
function Why({ evse, site }: { evse: EvseCard; site: SiteCard }) {
  const t = useT();
  if (ready.includes(evse.state)) return null;
  const busy = worth(evse.state) === "busy";
  return (
    <p className="pt-1">
      {t(
        evse.state === "reserved"
          ? "evse.reserved"
          : busy
            ? "evse.busy"
            : evse.state === "offline"
              ? "evse.offline"
              : "evse.broken",
      )}{" "}
      <A href={site.evses_free > 0 ? `/site/${seg(site.id)}` : "/?free=true"} className="lk">
        {site.evses_free > 0 ? t("evse.others", { count: site.evses_free }) : t("evse.elsewhere")}
      </A>
    </p>
  );
}

function Charge({ evse, site }: { evse: EvseCard; site: SiteCard }) {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const { driver, staff } = useDriver();
  const vehicles = useQuery({ ...vehiclesQuery, enabled: driver }).data?.items ?? [];
  const held = useQuery({ ...profileQuery, enabled: driver }).data?.held_for;
  const [vehicle, setVehicle] = useState("");
  const [signing, setSigning] = useState(false);
  const [old, setOld] = useState<PlugPrice | null>(null);
  const helpline = useHelpline();
  const guests = useQuery(configQuery).data?.guests;
  const offered = useOffers(evse);
  const several = offered.length > 1;
  const all = offered.filter((o) => o.price !== null);
  const [chosen, choose] = useState("");
  const price = several ? all.find((o) => o.price?.tariff_version === chosen)?.price : all[0]?.price;
  const start = useMutation({
    mutationFn: (p: PlugPrice) => askStart(evse, p, vehicle || (vehicles.length === 1 ? vehicles[0]?.id : undefined)),
    onSuccess: (s, p) => {
      cache.setQueryData(["me", "start", s.id], s);
      go(`/start/${seg(s.id)}?price=${seg(p.tariff_version)}`);
    },
    onError: (e, p) => {
      if (e instanceof ApiProblem && e.code === "price_changed") setOld(p);
      void cache.invalidateQueries({ queryKey: ["plug"] });
    },
  });
  const open = ready.includes(evse.state);
  const changed = start.error instanceof ApiProblem && start.error.code === "price_changed";
  const press = () => {
    if (!driver) {
      keepWay(`/e/${seg(evse.number || evse.id.replace("/", ":"))}`);
      return setSigning(true);
    }
    setOld(null);
    if (price) start.mutate(price);
  };
  if (all.length === 0 || !open) {
    return (
      <>
        {open && <p className="text-sm">{t("evse.noPrice")}</p>}
        {helpline && (
          <ButtonLink href={helpline.href} icon="phone">
            {t("site.call")}
          </ButtonLink>
        )}
        <ButtonLink href={`/report?site=${seg(site.id)}&evse=${seg(evse.id)}`}>{t("site.report")}</ButtonLink>
      </>
    );
  }
  if (held) {
    return (
      <>
        <p className="text-sm">{t("pay.held")}</p>
        <Button go onClick={() => go("/payments")}>
          {t("pay.payOwed")}
        </Button>
      </>
    );
  }
  return (
    <>
      {staff && <Note>{t("evse.staff")}</Note>}
      {changed && old && <Changed old={old} now={price} />}
      {start.error && !changed && <ProblemBox error={start.error} />}
      {several && (
        <Radios
          label={t("evse.whichPlug")}
          value={chosen}
          onChange={choose}
          options={all.map((o) => ({
            value: o.price?.tariff_version ?? "",
            label: `${o.plugs}: ${asSentence(o.price?.sentence ?? "")}`,
          }))}
        />
      )}
      {driver && vehicles.length > 1 && (
        <Select
          label={t("evse.vehicle")}
          value={vehicle}
          onChange={setVehicle}
          options={[
            { value: "", label: t("evse.anyVehicle") },
            ...vehicles.map((v) => ({ value: v.id, label: v.name || [v.make, v.model].join(" ") })),
          ]}
        />
      )}
      {price && (
        <p className="text-sm">
          <b>{asSentence(price.sentence)}</b> {t("evse.accept")}
        </p>
      )}
      {driver && price && <Payer />}
      <Button go icon="plug" busy={start.isPending} disabled={staff || !price} onClick={press}>
        {changed ? t("evse.chargeNew") : t("find.charge")}
      </Button>
      {!driver && !staff && guests && (
        <a className="lk text-center" href={`/pay/${seg(evse.number || evse.id.replace("/", ":"))}`}>
          {t("evse.guest")}
        </a>
      )}
      <Dialog title={t("evse.signIn")} open={signing && !driver} onClose={() => setSigning(false)}>
        <p>{t("evse.signInWhy")}</p>
        <SignIn onIn={() => setSigning(false)} />
      </Dialog>
    </>
  );
}

/** The price is another than the one that was accepted. */
function Changed({ old, now }: { old: PlugPrice; now?: PlugPrice | null }) {
  const t = useT();
  return (
    <Note>
      <p>
        <b>{t("evse.changed")}</b>
      </p>
      {now && (
        <p>
          {old.tariff_version !== now.tariff_version
            ? t("evse.changedFrom", { old: asSentence(old.sentence), now: asSentence(now.sentence) })
            : asSentence(now.sentence)}
        </p>
      )}
    </Note>
  );
}
