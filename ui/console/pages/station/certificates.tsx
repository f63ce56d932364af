import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { has, useT } from "#shared/i18n";
import { Button, ConfirmByConsequence, Empty, Plate, ProblemBox } from "#shared/parts";
import { useDeed } from "../admin/form";
import type { TabProps } from "../station";
import { Notices } from "./notices";
import { statusWord } from "./trail";
import { type Outcome, okStatus } from "./types";

interface Hash {
  algorithm: string;
  issuer_name: string;
  issuer_key: string;
  serial: string;
}
interface Certificate {
  use: string;
  hash: Hash;
  children?: Hash[];
}

const asked = ["SignCertificate"] as const;

/** The certificates that a station holds, as it says when it is asked; what it asked to be signed. */
export default function Certificates({ station, zone, ask }: TabProps) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const [answer, setAnswer] = useState<Outcome | null>(null);
  const list = () =>
    deed.run(async () => {
      setAnswer(await post<Outcome>(`/stations/${seg(station.id)}/commands/list_certificates`, {}));
      void cache.invalidateQueries({ queryKey: ["/stations", station.id, "commands"] });
    });
  const held = (answer?.data as Certificate[] | null | undefined) ?? [];
  return (
    <>
      <Plate
        title={t("station.installed")}
        note={answer ? t("station.justAsked") : undefined}
        actions={
          me.may("stations") && (
            <span className="flex flex-wrap gap-1.5">
              <Button kind="primary" busy={deed.busy} disabled={!station.connected} onClick={() => void list()}>
                {t("station.askCertificates")}
              </Button>
              <Button disabled={!station.connected} onClick={() => ask("install_certificate")}>
                {t("command.kind.install_certificate")}
              </Button>
              <Button
                disabled={!station.connected}
                onClick={() => ask("trigger", { what: "sign_station_certificate" })}
              >
                {t("station.renewCertificate")}
              </Button>
            </span>
          )
        }
      >
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        {!answer ? (
          <Empty why={t("station.certificatesUnknown")} />
        ) : held.length === 0 ? (
          <p role="status">
            {okStatus(answer.status) || answer.status === "unknown" ? (
              t("station.noCertificates")
            ) : (
              <b className="tf">{statusWord(answer.status, t)}</b>
            )}
            {answer.reason && <span className="mono"> “{answer.reason}”</span>}
          </p>
        ) : (
          <ul className="grid">
            {held.map((c) => (
              <One
                key={c.use + c.hash.serial + c.hash.issuer_key}
                of={c}
                station={station.id}
                may={me.may("stations")}
                onGone={() => void list()}
              />
            ))}
          </ul>
        )}
      </Plate>
      <Plate title={t("station.requests")} note={t("station.ownWords")}>
        <Notices station={station.id} actions={asked} zone={zone} none={t("station.noRequests")} />
      </Plate>
    </>
  );
}

function One({ of: c, station, may, onGone }: { of: Certificate; station: string; may: boolean; onGone: () => void }) {
  const t = useT();
  const [asking, setAsking] = useState(false);
  const use = has(`command.option.${c.use}`) ? t(`command.option.${c.use}`) : c.use;
  return (
    <li className="border-t border-line py-2 flex flex-wrap gap-x-4 gap-y-1 items-baseline">
      <b>{use}</b>
      <span className="mono break-all">{t("station.serialNumber", { serial: c.hash.serial })}</span>
      <span className="mono t3 break-all text-xs">
        {c.hash.algorithm} {c.hash.issuer_name}
      </span>
      {!!c.children?.length && <span className="t2">{t("station.chain", { count: c.children.length })}</span>}
      <span className="sp" />
      {may && (
        <Button small kind="danger" onClick={() => setAsking(true)}>
          {t("command.kind.delete_certificate")}
        </Button>
      )}
      <ConfirmByConsequence
        title={t("command.kind.delete_certificate")}
        open={asking}
        onClose={() => setAsking(false)}
        consequence={t("station.deleteCertificateThen", { use })}
        deed={t("command.kind.delete_certificate")}
        act={async () => {
          const o = await post<Outcome>(`/stations/${seg(station)}/commands/delete_certificate`, {
            use: c.use,
            hash: c.hash,
          });
          if (!okStatus(o.status))
            throw new Error(
              t("station.stopRefused", { word: [o.word || o.status, o.reason].filter(Boolean).join(", ") }),
            );
          onGone();
        }}
      />
    </li>
  );
}
