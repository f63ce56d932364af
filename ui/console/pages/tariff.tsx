import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { del, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { moment, price } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters, useGo, useParams } from "#shared/nav";
import { Button, ButtonLink, ConfirmByConsequence, Facts, Loaded, Note, Plate, Plates } from "#shared/parts";
import { JsonTree } from "./log/json-tree";
import { useSentence } from "./sessions/data";
import { useAssignments, useOcpi, useTariffNames, useVersions } from "./tariffs/data";
import { Trial } from "./tariffs/edit/trial";
import { type Ocpi, placesOf } from "./tariffs/logic";
import { Places } from "./tariffs/places";
import { PriceTable } from "./tariffs/table";
import { Versions } from "./tariffs/versions";

/** It is tried at no site: at whichever it applies. */
const nowhere = { site: "", profile: "", kw: null } as const;

/** A tariff to read: what it costs when, where it applies, how it came to be. */
export default function TariffPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const f = useFilters(["version"]);
  const q = useOcpi(id, f.value.version);
  return <Loaded of={q}>{(o) => <One id={id} version={f.value.version} of={o} />}</Loaded>;
}

function One({ id, version, of }: { id: string; version: string; of: Ocpi }) {
  const t = useT();
  const me = useMe();
  const go = useGo();
  const cache = useQueryClient();
  const versions = useVersions(id);
  const current = versions.data?.items.find((v) => v.current);
  const old = version !== "" && current !== undefined && current.version !== version;
  const { sentence, details } = useSentence(id, version || current?.version);
  const name = useTariffNames().data?.items.find((x) => x.id === id)?.name;
  const used = placesOf(useAssignments().data?.items ?? [], id).length;
  const [deleting, setDeleting] = useState(false);
  return (
    <Plates className="grid-cols-1 lg:grid-cols-[minmax(0,1fr)_412px]">
      <Plate className="col-span-full">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <h1>{name || id}</h1>
          <span className="t3">
            {t("page.tariff")} <span className="mono">{id}</span>
          </span>
          <span className="sp" />
          {me.may("money") && !old && (
            <>
              <ButtonLink href={`/tariffs/${seg(id)}/edit`}>{t("tariffs.change")}</ButtonLink>
              <Button kind="danger" onClick={() => setDeleting(true)}>
                {t("tariffs.delete")}
              </Button>
            </>
          )}
        </div>
        <p className="text-[16px] leading-6 my-1">{sentence}</p>
        {old && (
          <Note>
            {t("tariffs.oldVersion")}{" "}
            <A className="lk" href={`/tariffs/${seg(id)}`}>
              {t("tariffs.toCurrent")}
            </A>
          </Note>
        )}
        <TariffFacts of={of} version={version || current?.version || ""} />
      </Plate>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        <Plate title={t("tariffs.prices")} note={t("tariffs.firstFits")}>
          <PriceTable of={of} />
          {details.length > 0 && (
            <details className="mt-3">
              <summary>{t("tariffs.inWords")}</summary>
              <ol className="list-decimal pl-6">
                {details.map((d) => (
                  <li key={d}>{d}</li>
                ))}
              </ol>
            </details>
          )}
        </Plate>
        <Plate title={t("tariffs.applies")}>
          <Places id={id} />
        </Plate>
        <Plate title={t("tariffs.ocpi")} note={t("tariffs.asPut")}>
          <div className="overflow-x-auto">
            <JsonTree value={of} open={2} />
          </div>
        </Plate>
      </div>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        <Plate title={t("tariffs.try")}>
          <Trial text={JSON.stringify(of)} place={nowhere} />
        </Plate>
        <Plate title={t("tariffs.versions")}>
          <Versions id={id} chosen={version} />
        </Plate>
      </div>
      <ConfirmByConsequence
        title={t("tariffs.deleteTitle", { id })}
        open={deleting}
        onClose={() => setDeleting(false)}
        consequence={used === 0 ? t("tariffs.deleteNow") : t("tariffs.deleteThen", { count: used, n: used })}
        deed={t("tariffs.delete")}
        act={async () => {
          await del(`/tariffs/${seg(id)}`);
          await cache.invalidateQueries({ queryKey: ["/tariff-assignments"] });
          go("/tariffs");
          await cache.invalidateQueries({ queryKey: ["/tariffs"] });
        }}
      />
    </Plates>
  );
}

function TariffFacts({ of, version }: { of: Ocpi; version: string }) {
  const t = useT();
  const currency = of.currency ?? "EUR";
  const limit = (l: Ocpi["min_price"]) => {
    const gross = l?.incl_vat ?? l?.after_taxes;
    const net = l?.excl_vat ?? l?.before_taxes;
    if (gross !== undefined) return price(String(gross), currency);
    return net === undefined ? "–" : t("tariffs.beforeTax", { price: price(String(net), currency) });
  };
  const tax = ["YES", "NO", "N/A"].includes(of.tax_included ?? "") ? of.tax_included : "";
  return (
    <div className="grid gap-1">
      <Facts
        items={[
          [t("tariffs.currency"), currency],
          [t("tariffs.tax"), t(`tariffs.taxes.${tax === "YES" ? "yes" : tax === "N/A" ? "none" : "no"}`)],
          of.min_price !== undefined && [t("tariffs.min"), limit(of.min_price)],
          of.max_price !== undefined && [t("tariffs.max"), limit(of.max_price)],
          of.start_date_time !== undefined && [t("tariffs.since"), moment(of.start_date_time)],
          of.end_date_time !== undefined && [t("tariffs.until"), moment(of.end_date_time)],
          [
            t("tariffs.version"),
            <span key="v" className="mono">
              {version.slice(0, 8)}
            </span>,
          ],
        ]}
      />
    </div>
  );
}
