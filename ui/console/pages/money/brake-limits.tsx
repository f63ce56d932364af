import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, get, getTagged, put } from "#shared/api/client";
import type { components } from "#shared/api/schema";
import { num } from "#shared/format";
import { useT } from "#shared/i18n";
import { Button, Loaded, Note, NumberField, Pair, Pairs, Plate, ProblemBox } from "#shared/parts";
import { useDeed } from "../admin/form";

type Limits = components["schemas"]["BrakeLimits"];
type Name = Exclude<keyof Limits, "$schema">;

const key = ["/brake-limits"];

const groups = [
  {
    id: "drivers",
    of: [
      ["token_starts", "starts"],
      ["account_parallel", "open"],
      ["travel_kmh", "kmh"],
    ],
  },
  {
    id: "guests",
    of: [
      ["address_visits", "hour"],
      ["address_unpaid", "hour"],
      ["evse_visits", "hour"],
      ["evse_unpaid", "hour"],
    ],
  },
  {
    id: "cards",
    of: [
      ["card_visits", "day"],
      ["card_refused", "day"],
    ],
  },
] as const satisfies readonly { id: string; of: readonly (readonly [Name, string])[] }[];

/** From how much on something looks like fraud: each limit in a sentence, with the standard. */
export function BrakeLimits({ may }: { may: boolean }) {
  const q = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const [now, standard] = await Promise.all([
        getTagged<Limits>("/brake-limits", signal),
        get<Limits>("/brake-limits/standard", {}, signal),
      ]);
      return { now, standard };
    },
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  return (
    <Loaded of={q}>
      {(d) =>
        may ? (
          <Form key={d.now.tag} from={d.now.of} tag={d.now.tag} standard={d.standard} />
        ) : (
          <Shown of={d.now.of} standard={d.standard} />
        )
      }
    </Loaded>
  );
}

function useLimit() {
  const t = useT();
  return (n: number) => (n === 0 ? t("block.limit.none") : num(n));
}

function Shown({ of: v, standard }: { of: Limits; standard: Limits }) {
  const t = useT();
  const limit = useLimit();
  return (
    <Plate title={t("block.limit.title")} className="col-span-full">
      <Pairs>
        {groups
          .flatMap((g) => [...g.of])
          .map(([name, unit]) => (
            <Pair key={name} name={t(`block.limit.name.${name}`)}>
              {limit(v[name])} {v[name] > 0 && t(`block.limit.unit.${unit}`)}{" "}
              {v[name] !== standard[name] && (
                <span className="t2">{t("block.limit.standard", { limit: limit(standard[name]) })}</span>
              )}
            </Pair>
          ))}
      </Pairs>
    </Plate>
  );
}

function Form({ from, tag, standard }: { from: Limits; tag: string; standard: Limits }) {
  const t = useT();
  const limit = useLimit();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState(from);
  const [mark, setMark] = useState(tag);
  const [saved, setSaved] = useState(false);
  const meanwhile = deed.failed instanceof ApiProblem && deed.failed.status === 412;
  const change = (to: Limits) => {
    setSaved(false);
    set(to);
  };
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setSaved(false);
    const done = await deed.run(async () => {
      await put<Limits>("/brake-limits", v, {}, { "If-Match": mark });
      const now = await getTagged<Limits>("/brake-limits");
      set(now.of);
      setMark(now.tag);
    });
    setSaved(done);
  };
  const asStandard = groups.every((g) => g.of.every(([name]) => v[name] === standard[name]));
  return (
    <form className="contents" onSubmit={save} aria-label={t("block.limit.title")}>
      <Plate className="col-span-full" title={t("block.limit.title")}>
        <p className="t2">{t("block.limit.about")}</p>
      </Plate>
      {groups.map((g) => (
        <Plate
          key={g.id}
          title={t(`block.limit.group.${g.id}`)}
          className={g.id === "cards" ? "col-span-full" : undefined}
        >
          <div className="grid gap-3 max-w-md">
            {g.of.map(([name, unit]) => (
              <NumberField
                key={name}
                label={t(`block.limit.name.${name}`)}
                help={`${t(`block.limit.help.${name}`)} ${t("block.limit.standard", { limit: limit(standard[name]) })}`}
                unit={t(`block.limit.unit.${unit}`)}
                value={v[name]}
                onChange={(n) => change({ ...v, [name]: n === null ? 0 : Math.round(n) })}
                error={deed.at(name)}
              />
            ))}
          </div>
        </Plate>
      ))}
      <Plate className="col-span-full">
        {meanwhile ? (
          <Note>
            <p>{t("block.limit.meanwhile")}</p>
            <p className="mt-2">
              <Button small onClick={() => void cache.invalidateQueries({ queryKey: key })}>
                {t("block.limit.readAgain")}
              </Button>
            </p>
          </Note>
        ) : (
          deed.failed !== null && <ProblemBox error={deed.failed} />
        )}
        <p className="flex flex-wrap items-center gap-3">
          <Button kind="primary" type="submit" busy={deed.busy}>
            {t("block.limit.save")}
          </Button>
          <Button disabled={asStandard} onClick={() => change(standard)}>
            {t("block.limit.reset")}
          </Button>
          <span role="status">{saved && t("block.limit.saved")}</span>
        </p>
      </Plate>
    </form>
  );
}
