import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post, seg } from "#shared/api/client";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A, useFilters, useGo } from "#shared/nav";
import { Button, ButtonLink, Empty, Icon, ProblemBox, Radios, Select, TextArea } from "#shared/parts";
import { type Report, reportsQuery, siteQuery, useDriver } from "../data";
import { Page } from "../frame";
import { grouped } from "../logic/code";
import { useHelpline } from "../parts/helpline";
import { NeedSignIn } from "../parts/need";

const kinds = ["broken", "blocked", "price", "other"] as const;

/** Tells the operator what is wrong at a place, and shows what became of earlier reports. */
export default function ReportPage() {
  const t = useT();
  const go = useGo();
  const { known, driver } = useDriver();
  const f = useFilters(["site", "evse"]);
  const site = f.value.site;
  return site && driver ? (
    <Tell site={site} evse={f.value.evse} />
  ) : (
    <Page title={t("page.report")} back={() => go(site ? `/site/${seg(site)}` : "/account")}>
      {known && !driver ? <NeedSignIn why={t("report.signIn")} /> : <Earlier />}
      <Helpline />
    </Page>
  );
}

function Tell({ site, evse }: { site: string; evse: string }) {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const place = useQuery(siteQuery(site)).data;
  const [plug, setPlug] = useState(evse.replace("/", ":"));
  const [kind, setKind] = useState<string>("broken");
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: () =>
      post<Report>("/me/reports", { site_id: site, ...(plug ? { evse: plug } : {}), kind, text: text.trim() }),
    onSuccess: () => void cache.invalidateQueries({ queryKey: reportsQuery.queryKey }),
  });
  const back = () => go(`/site/${seg(site)}`);
  if (send.isSuccess) {
    return (
      <Page
        title={t("page.report")}
        over={place?.name}
        back={back}
        dock={
          <Button go onClick={back}>
            {t("report.back")}
          </Button>
        }
      >
        <section role="status">
          <p className="te flex items-center gap-2">
            <Icon name="ok" />
            <b>{t("report.sent")}</b>
          </p>
          <p>{t("report.sentHow")}</p>
        </section>
        <Earlier />
        <Helpline />
      </Page>
    );
  }
  const submit = (e: FormEvent) => {
    e.preventDefault();
    send.mutate();
  };
  return (
    <form onSubmit={submit} className="contents">
      <Page
        title={t("page.report")}
        over={place?.name}
        back={back}
        dock={
          <>
            {send.error && <ProblemBox error={send.error} />}
            <Button go type="submit" busy={send.isPending} disabled={kind === "other" && text.trim() === ""}>
              {t("report.send")}
            </Button>
          </>
        }
      >
        <section className="grid gap-4">
          <Radios
            label={t("report.kind")}
            value={kind}
            onChange={setKind}
            options={kinds.map((k) => ({ value: k, label: t(`report.kinds.${k}`) }))}
          />
          {place && place.evses.length > 0 && (
            <Select
              label={t("report.plug")}
              value={plug}
              onChange={setPlug}
              options={[
                { value: "", label: t("report.whole") },
                ...place.evses.map((e) => ({
                  value: e.id.replace("/", ":"),
                  label: `${t("evse.title", { n: e.evse_id })}, ${grouped(e.number)}, ${e.station_id}`,
                })),
              ]}
            />
          )}
          <TextArea
            label={t("report.text")}
            help={t("report.textHelp")}
            rows={4}
            maxLength={2000}
            value={text}
            onChange={setText}
          />
        </section>
        <Helpline />
      </Page>
    </form>
  );
}

function Helpline() {
  const t = useT();
  const helpline = useHelpline();
  if (!helpline) return null;
  return (
    <section>
      <p className="t2 pb-2 text-sm">{t("report.danger")}</p>
      <ButtonLink href={helpline.href} icon="phone">
        {t("report.call", { phone: helpline.phone })}
      </ButtonLink>
    </section>
  );
}

function Earlier() {
  const t = useT();
  const { driver } = useDriver();
  const q = useQuery({ ...reportsQuery, enabled: driver });
  if (!q.data) return q.error ? <ProblemBox error={q.error} retry={() => void q.refetch()} /> : null;
  if (q.data.items.length === 0) {
    return (
      <Empty why={t("report.none")}>
        <A className="lk" href="/">
          {t("shell.home")}
        </A>
      </Empty>
    );
  }
  return (
    <section>
      <h2>{t("report.earlier")}</h2>
      <ul className="grid gap-2 pt-1">
        {q.data.items.map((r) => (
          <li key={r.id}>
            <p>
              <b>{t(`report.kinds.${r.kind}`)}</b>{" "}
              <span className="t2 text-sm">
                {moment(r.created_at)}, {t(`report.state.${r.state}`)}
              </span>
            </p>
            {r.text && <p className="whitespace-pre-wrap break-words">{r.text}</p>}
            {r.note && (
              <p className="t2">
                {t("report.answer")} <q>{r.note}</q>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
