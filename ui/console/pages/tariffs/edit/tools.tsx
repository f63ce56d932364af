import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { post } from "#shared/api/client";
import { language, useT } from "#shared/i18n";
import { Button, Icon, NumberField, ProblemBox, Select } from "#shared/parts";
import { useSites } from "../../sessions/data";
import type { Doc, Finding } from "./model";

/** For which place a tariff is looked at. */
export interface Place {
  site: string;
  profile: "" | "nevi" | "eichrecht" | "afir";
  kw: number | null;
}

export interface Linted {
  valid: boolean;
  findings: Finding[];
  sentences: { language: string; sentence: string; details: string[]; short: string }[];
}

/** A value once it has stayed for a while. */
export function useCalm<T>(value: T, millis = 350): T {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), millis);
    return () => clearTimeout(timer);
  }, [value, millis]);
  return calm;
}

export const whereOf = (p: Place) => ({
  ...(p.site ? { site_id: p.site } : {}),
  ...(p.profile ? { legal_profile: p.profile } : {}),
  ...(p.kw ? { rated_power_w: Math.min(Math.round(p.kw * 1000), 10_000_000) } : {}),
});

/** What the linter says of a document, and how drivers are told of it. `text` is its JSON. */
export function useLint(text: string, place: Place) {
  return useQuery({
    queryKey: ["/tariffs/lint", text, place, language()],
    queryFn: () =>
      post<Linted>("/tariffs/lint", {
        tariff: JSON.parse(text) as Doc,
        ...whereOf(place),
        lang: language() === "de" ? "de" : "en",
      }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export function PlaceFields({ of, onChange }: { of: Place; onChange: (p: Place) => void }) {
  const t = useT();
  const sites = useSites();
  return (
    <div className="grid grid-cols-2 sm:grid-cols-3 gap-3">
      <Select
        className="max-sm:col-span-2"
        label={t("tariffs.kind.site")}
        value={of.site}
        onChange={(site) => onChange({ ...of, site })}
        options={[{ value: "", label: t("tedit.anySite") }, ...sites.map((s) => ({ value: s.id, label: s.name }))]}
      />
      <Select
        label={t("tedit.profile")}
        value={of.profile}
        onChange={(v) => onChange({ ...of, profile: v as Place["profile"] })}
        options={[
          { value: "", label: t("tedit.noProfile") },
          { value: "afir", label: "AFIR" },
          { value: "nevi", label: "NEVI" },
          { value: "eichrecht", label: "Eichrecht" },
        ]}
      />
      <NumberField label={t("tedit.rated")} unit="kW" value={of.kw} onChange={(kw) => onChange({ ...of, kw })} />
    </div>
  );
}

/** The sentence as drivers read it. */
export function Sentences({ of }: { of: Linted | undefined }) {
  const t = useT();
  const [lang, setLang] = useState("de");
  if (!of?.valid) return <p className="t3">{t("tedit.noSentence")}</p>;
  const spoken = of.sentences.filter((s) => s.language === "en" || s.language === lang);
  return (
    <div className="grid gap-2" aria-live="polite">
      {spoken.map((s) => (
        <div key={s.language} lang={s.language}>
          <p className="text-[16px] leading-6">{s.sentence}</p>
          {s.short !== s.sentence && (
            <p className="t3 text-sm">
              {t("tedit.display")} <span className="mono">{s.short}</span>
            </p>
          )}
        </div>
      ))}
      <Select
        className="w-40"
        label={t("tedit.alsoIn")}
        value={lang}
        onChange={setLang}
        options={of.sentences
          .filter((s) => s.language !== "en")
          .map((s) => ({
            value: s.language,
            label: new Intl.DisplayNames(language(), { type: "language" }).of(s.language) ?? s.language,
          }))}
      />
    </div>
  );
}

const icons = { error: "p1", warning: "p2", advice: "p3" } as const;
const tones = { error: "tf", warning: "tw", advice: "t2" } as const;

/** What the linter found; each leads to its field, a gap can be mended on the spot. */
export function Findings({
  of,
  error,
  onShow,
  onMend,
}: {
  of: Linted | undefined;
  error: unknown;
  onShow: (path: string) => void;
  onMend: (f: Finding) => void;
}) {
  const t = useT();
  if (error) return <ProblemBox error={error} />;
  if (!of) return <p className="t3">{t("tedit.looking")}</p>;
  if (of.findings.length === 0) return <p className="t2">{t("tedit.sound")}</p>;
  return (
    <ul aria-live="polite">
      {of.findings.map((f, n) => (
        <li
          key={`${f.code} ${f.path} ${n}`}
          className="flex items-start gap-2 border-t border-line py-2 first:border-0"
        >
          <span className={`${tones[f.severity]} pt-[3px]`}>
            <Icon name={icons[f.severity]} size={13} />
          </span>
          <div className="grow min-w-0">
            <p className="break-words">
              <span className="vh">{t(`tedit.severity.${f.severity}`)}: </span>
              {f.code === "invalid" && f.path ? <span className="mono break-all">{f.path} </span> : null}
              {f.message}
            </p>
            <p className="flex flex-wrap gap-2 mt-1">
              {f.path && (
                <Button small kind="plain" onClick={() => onShow(f.path)}>
                  {t("tedit.show")}
                </Button>
              )}
              {f.other && (
                <Button small kind="plain" onClick={() => onShow(f.other ?? "")}>
                  {t("tedit.showOther")}
                </Button>
              )}
              {f.code === "gap" && (
                <Button small icon="plus" onClick={() => onMend(f)}>
                  {t("tedit.mend")}
                </Button>
              )}
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
