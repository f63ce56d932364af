import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import {
  Button,
  ConfirmByConsequence,
  Dialog,
  Empty,
  Loaded,
  Note,
  ProblemBox,
  Radios,
  Select,
  TextField,
} from "#shared/parts";
import { useDeed } from "../admin/form";
import { useSites } from "../sessions/data";
import { useAssignments } from "./data";
import { type Assignment, placesOf } from "./logic";

/** The name of a place, with a link where it has a page. */
export function Place({ of }: { of: Assignment }) {
  const t = useT();
  const sites = useSites();
  if (of.kind === "tenant") return <>{t("tariffs.everywhere")}</>;
  return (
    <A className="lk" href={`/${of.kind === "site" ? "sites" : "stations"}/${seg(of.place)}`}>
      {(of.kind === "site" && sites.find((s) => s.id === of.place)?.name) || of.place}
    </A>
  );
}

/** Where a tariff applies, and who overrides whom. */
export function Places({ id }: { id: string }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const q = useAssignments();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Assignment | null>(null);
  const renew = async () => {
    await cache.invalidateQueries({ queryKey: ["/tariff-assignments"] });
    await cache.invalidateQueries({ queryKey: ["/stations"] });
  };
  return (
    <>
      <p className="t2 mb-2">{t("tariffs.precedence")}</p>
      <Loaded of={q}>
        {(d) => {
          const mine = placesOf(d.items, id);
          if (mine.length === 0) return <Empty why={t("tariffs.nowhere")} />;
          return (
            <ul>
              {mine.map((a) => (
                <li key={`${a.kind} ${a.place}`} className="flex items-center gap-3 border-t border-line py-1">
                  <span className="t2 w-20">{t(`tariffs.kind.${a.kind}`)}</span>
                  <span className="grow min-w-0 break-words">
                    <Place of={a} />
                  </span>
                  {me.may("money") && (
                    <Button small onClick={() => setRemoving(a)}>
                      {t("tariffs.unassign")}
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      {me.may("money") && (
        <p className="mt-3">
          <Button onClick={() => setAdding(true)}>{t("tariffs.assign")}</Button>
        </p>
      )}
      {adding && (
        <Assign
          id={id}
          taken={q.data?.items ?? []}
          onClose={() => setAdding(false)}
          onDone={async () => {
            await renew();
            setAdding(false);
          }}
        />
      )}
      {removing && (
        <ConfirmByConsequence
          title={t("tariffs.unassignTitle", { id })}
          open
          onClose={() => setRemoving(null)}
          consequence={t(`tariffs.unassignThen.${removing.kind}`)}
          deed={t("tariffs.unassign")}
          act={async () => {
            await put(
              `/tariff-assignments/${removing.kind}/${seg(removing.kind === "tenant" ? "default" : removing.place)}`,
              {
                tariff_id: "",
              },
            );
            await renew();
          }}
        />
      )}
    </>
  );
}

function Assign({
  id,
  taken,
  onClose,
  onDone,
}: {
  id: string;
  taken: readonly Assignment[];
  onClose: () => void;
  onDone: () => Promise<void>;
}) {
  const t = useT();
  const deed = useDeed();
  const sites = useSites();
  const [kind, setKind] = useState<Assignment["kind"]>("site");
  const [site, setSite] = useState("");
  const [station, setStation] = useState("");
  const place = kind === "site" ? site : kind === "station" ? station.trim() : "default";
  const now = taken.find((a) => a.kind === kind && (kind === "tenant" || a.place === place))?.tariff_id;
  const save = async () => {
    if (await deed.run(() => put(`/tariff-assignments/${kind}/${seg(place)}`, { tariff_id: id }))) await onDone();
  };
  return (
    <Dialog
      title={t("tariffs.assignTitle", { id })}
      open
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("parts.cancel")}</Button>
          <Button kind="primary" busy={deed.busy} disabled={place === "" || now === id} onClick={save}>
            {t("tariffs.assign")}
          </Button>
        </>
      }
    >
      <Radios
        label={t("tariffs.whereTo")}
        value={kind}
        onChange={(v) => setKind(v as Assignment["kind"])}
        options={(["site", "station", "tenant"] as const).map((k) => ({ value: k, label: t(`tariffs.to.${k}`) }))}
      />
      {kind === "site" && (
        <Select
          label={t("tariffs.kind.site")}
          value={site}
          onChange={setSite}
          options={[{ value: "", label: t("tariffs.choose") }, ...sites.map((s) => ({ value: s.id, label: s.name }))]}
        />
      )}
      {kind === "station" && <TextField label={t("tariffs.stationId")} value={station} onChange={setStation} mono />}
      <Note>
        {now === id ? t("tariffs.already") : now ? t("tariffs.replaces", { old: now }) : t("tariffs.assignThen")}
      </Note>
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
    </Dialog>
  );
}
