import { useEffect, useRef, useState } from "react";
import { seg } from "#shared/api/client";
import { ownZone } from "#shared/format";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, ButtonLink, Plate, Plates, TextArea } from "#shared/parts";
import { dayIn } from "../../sessions/logic";
import { Basics } from "./basics";
import { ElementCard } from "./element";
import { type Doc, elementsOf, insert, like, mend, nearest, read } from "./model";
import { Save } from "./save";
import { Findings, type Place, PlaceFields, Sentences, useCalm, useLint } from "./tools";
import { Trial } from "./trial";

const print = (doc: Doc) => JSON.stringify(doc, null, 2);

/** A tariff to change: its elements as cards or as JSON, and beside it what drivers read and what it would cost. */
export function Editor({
  id,
  name: oldName,
  sentence: old,
  from,
  tag,
  children,
}: {
  /** The tariff that is changed; "" for a new one. */
  id: string;
  name: string;
  /** What drivers read now; "" for a new one. */
  sentence: string;
  from: Doc;
  /** The ETag of `from`; "" for a new one. */
  tag: string;
  /** What stands before the elements, such as the templates of a new one. */
  children?: React.ReactNode;
}) {
  const t = useT();
  const go = useGo();
  const [doc, setDoc] = useState(from);
  const [text, setText] = useState(() => print(from));
  const [raw, setRaw] = useState(false);
  const [name, setName] = useState<string>();
  const [place, setPlace] = useState<Place>({ site: "", profile: "", kw: null });
  const [saving, setSaving] = useState(false);
  const [goal, setGoal] = useState("");
  const form = useRef<HTMLDivElement>(null);
  const broken = raw ? read(text).why : undefined;
  const change = (next: (d: Doc) => Doc) => setDoc(next);
  const write = (s: string) => {
    setText(s);
    const r = read(s);
    if (r.doc) setDoc(r.doc);
  };
  const compact = JSON.stringify(doc);
  const dirty = compact !== JSON.stringify(from);
  const calm = useCalm(compact);
  const lint = useLint(calm, useCalm(place));
  const linted = lint.data;
  const current = linted !== undefined && !lint.isPlaceholderData && calm === compact;
  useUnsaved(dirty && !saving);
  useEffect(() => {
    if (goal === "" || raw) return;
    focusAt(form.current, goal);
    setGoal("");
  }, [goal, raw]);
  const show = (path: string) => {
    setRaw(false);
    setGoal(path);
  };
  return (
    <Plates className="grid-cols-1 lg:grid-cols-[minmax(0,1fr)_412px]">
      <Plate className="col-span-full">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <h1>{id ? t("tariffs.changeTitle", { id: oldName || id }) : t("tedit.newTitle")}</h1>
          <span className="sp" />
          <ButtonLink href={id ? `/tariffs/${seg(id)}` : "/tariffs"}>{t("parts.cancel")}</ButtonLink>
          <Button
            kind="primary"
            disabled={!current || !linted?.valid || broken !== undefined || (id !== "" && !dirty)}
            onClick={() => setSaving(true)}
          >
            {t("tedit.save")}
          </Button>
        </div>
      </Plate>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow" ref={form}>
        {children && <Plate>{children}</Plate>}
        <Plate
          title={t("tariffs.prices")}
          note={t("tariffs.firstFits")}
          actions={
            <Button
              small
              aria-pressed={raw}
              onClick={() => {
                setText(print(doc));
                setRaw(!raw);
              }}
            >
              {t(raw ? "tedit.asForm" : "tedit.asJson")}
            </Button>
          }
        >
          {raw ? (
            <TextArea
              label={t("tariffs.ocpi")}
              help={t("tariffs.ocpiHelp")}
              error={broken === undefined ? undefined : t("tariffs.noJson", { why: broken })}
              value={text}
              onChange={write}
              rows={24}
              mono
              spellCheck={false}
            />
          ) : (
            <div data-path="elements">
              {elementsOf(doc).map((e, i) => (
                <ElementCard
                  key={i}
                  of={e}
                  i={i}
                  doc={doc}
                  change={change}
                  findings={linted?.findings ?? []}
                  today={dayIn(ownZone(), Date.now())}
                />
              ))}
              <p className="border-t border-line pt-3">
                <Button
                  icon="plus"
                  onClick={() => {
                    change((d) => insert(d, { price_components: [like(d, "ENERGY")] }));
                    setGoal(`elements[${elementsOf(doc).length}]`);
                  }}
                >
                  {t("tedit.addElement")}
                </Button>
              </p>
            </div>
          )}
        </Plate>
        {!raw && (
          <Plate title={t("tedit.basics")}>
            <Basics doc={doc} change={change} fresh={id === ""} />
          </Plate>
        )}
      </div>
      <div className="flex flex-col gap-px bg-line min-w-0 [&>:last-child]:grow">
        <Plate title={t("tariffs.sentence")}>
          <section aria-label={t("tariffs.sentence")}>
            <Sentences of={linted} />
          </section>
        </Plate>
        <Plate title={t("tedit.findings")} note={linted && t("tedit.remarks", { count: linted.findings.length })}>
          <PlaceFields of={place} onChange={setPlace} />
          <section className="mt-3" aria-label={t("tedit.findings")}>
            <Findings
              of={linted}
              error={lint.error}
              onShow={show}
              onMend={(f) => {
                change((d) => mend(d, f));
                show(`elements[${elementsOf(doc).length}].price_components[0].price`);
              }}
            />
          </section>
        </Plate>
        <Plate title={t("tariffs.try")}>
          <section aria-label={t("tariffs.try")}>
            {linted?.valid ? <Trial text={calm} place={place} /> : <p className="t3">{t("tedit.noSentence")}</p>}
          </section>
        </Plate>
      </div>
      {saving && linted && (
        <Save
          doc={doc}
          id={id}
          tag={tag}
          old={old}
          linted={linted}
          name={name ?? oldName}
          onName={setName}
          onClose={() => setSaving(false)}
          onDone={(its) => go(`/tariffs/${seg(its)}`)}
        />
      )}
    </Plates>
  );
}

/** Puts the focus on the field of a path, or on the first of what it lies in. */
function focusAt(root: HTMLElement | null, path: string) {
  const all = [...(root?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
  const best = nearest(
    all.map((x) => x.dataset.path ?? ""),
    path,
  );
  const box = all.find((x) => x.dataset.path === best);
  box?.closest("details")?.setAttribute("open", "");
  const field = box?.querySelector<HTMLElement>("input:not(:disabled), select:not(:disabled), button:not(:disabled)");
  (field ?? box)?.scrollIntoView({ block: "center" });
  field?.focus();
}

/** The browser asks before it leaves what is not saved. */
function useUnsaved(on: boolean) {
  useEffect(() => {
    if (!on) return;
    const ask = (e: BeforeUnloadEvent) => e.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [on]);
}
