import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, type Page, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { language, useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Empty, Loaded, Note, Plate, ProblemBox, Select } from "#shared/parts";
import { useDeed } from "../admin/form";
import { useTariffNames } from "../tariffs/data";
import type { Assignment } from "../tariffs/logic";
import { Place, useAudience, usePeriod } from "../tariffs/offer";
import { othersAt, standingAt, tariffAt } from "./types";

/** What a driver pays at a site, where that comes from, and the change of it. */
export function TariffHere({ site, stations }: { site: string; stations: readonly string[] }) {
  const t = useT();
  const { may } = useMe();
  const q = useQuery({
    queryKey: ["/tariff-assignments"],
    queryFn: ({ signal }) => get<Page<Assignment>>("/tariff-assignments", {}, signal),
  });
  const [changing, change] = useState(false);
  return (
    <Plate
      title={t("sites.tariffHere")}
      actions={
        may("money") &&
        q.data && (
          <Button small onClick={() => change(!changing)} aria-expanded={changing}>
            {t("sites.changeTariff")}
          </Button>
        )
      }
    >
      <Loaded of={q}>
        {({ items }) => {
          const x = tariffAt(items, site);
          const others = othersAt(items, site, stations);
          return (
            <div className="grid gap-2">
              {x ? (
                <>
                  <Sentence id={x.id} />
                  <p className="t2">
                    <A className="lk" href={`/tariffs/${seg(x.id)}`}>
                      {x.id}
                    </A>
                    {", "}
                    {x.own ? t("sites.fromSite") : t("sites.fromTenant")}
                  </p>
                </>
              ) : (
                <Note>{t("sites.tariffNone")}</Note>
              )}
              {stations[0] && (
                <p>
                  <A className="lk" href={`/tariff-check?station=${seg(stations[0])}`}>
                    {t("page.tariffCheck")}
                  </A>
                </p>
              )}
              {others.length > 0 && (
                <>
                  <h3>{t("offers.others")}</h3>
                  <ul aria-label={t("offers.others")}>
                    {others.map((a) => (
                      <Other key={a.id} of={a} />
                    ))}
                  </ul>
                </>
              )}
              {changing && <Change site={site} items={items} onDone={() => change(false)} />}
            </div>
          );
        }}
      </Loaded>
    </Plate>
  );
}

/** An offer to some, to come, or at a part of the site. */
function Other({ of: a }: { of: Assignment }) {
  const t = useT();
  const audience = useAudience();
  const period = usePeriod();
  return (
    <li className="flex flex-wrap gap-x-3 border-t border-line py-1">
      <span className="grow min-w-0 break-words">
        <Place of={a} />
        <span className="block t2 text-sm">
          {audience(a)}, {period(a)}
        </span>
      </span>
      {!a.in_force && <span className="tp">{t("offers.toCome")}</span>}
      <A href={`/tariffs/${seg(a.tariff_id)}`}>{a.tariff_id}</A>
    </li>
  );
}

function Sentence({ id }: { id: string }) {
  const lang = language();
  const q = useQuery({
    queryKey: ["/tariffs", id, "sentence", lang],
    queryFn: ({ signal }) => get<{ sentence: string }>(`/tariffs/${seg(id)}/sentence`, { lang }, signal),
  });
  return <Loaded of={q}>{(s) => <p className="font-semi">{s.sentence}</p>}</Loaded>;
}

function Change({ site, items, onDone }: { site: string; items: readonly Assignment[]; onDone: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [id, setId] = useState(standingAt(items, site)?.tariff_id ?? "");
  const q = useTariffNames();
  const tenant = tariffAt(items, "")?.id;
  const send = async (e: FormEvent) => {
    e.preventDefault();
    if (!(await deed.run(() => put(`/tariff-assignments/site/${seg(site)}`, { tariff_id: id })))) return;
    await cache.invalidateQueries({ queryKey: ["/tariff-assignments"] });
    onDone();
  };
  return (
    <Loaded of={q}>
      {(d) =>
        d.items.length === 0 ? (
          <Empty why={t("sites.noTariffs")}>
            <A className="lk" href="/tariffs">
              {t("page.tariffs")}
            </A>
          </Empty>
        ) : (
          <form className="well p-3 grid gap-3" onSubmit={(e) => void send(e)}>
            <Select
              label={t("sites.tariff")}
              help={t("sites.tariffHelp")}
              value={id}
              onChange={setId}
              error={deed.at("tariff_id")}
              options={[
                { value: "", label: tenant ? t("sites.asTenant", { id: tenant }) : t("sites.asTenantNone") },
                ...d.items.map((x) => ({
                  value: x.id,
                  label: x.name && x.name !== x.id ? `${x.id}, ${x.name}` : x.id,
                })),
              ]}
            />
            {deed.failed !== null && <ProblemBox error={deed.failed} />}
            <p>
              <Button kind="primary" type="submit" busy={deed.busy}>
                {t("sites.assign")}
              </Button>
            </p>
          </form>
        )
      }
    </Loaded>
  );
}
