import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "#shared/api/client";
import { num } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Empty, Loaded, Plate } from "#shared/parts";
import { Export } from "./export";

/** Groups of tokens: members may stop each other's sessions. */
export default function Groups() {
  const t = useT();
  const q = useQuery({
    queryKey: ["/groups"],
    queryFn: ({ signal }) => get<Page<{ id: string; tokens: number }>>("/groups", { limit: 200 }, signal),
  });
  return (
    <Plate className="h-full">
      <div className="flex items-center gap-2">
        <h1>{t("page.groups")}</h1>
        <span className="sp" />
        <Export list="exports/groups" />
      </div>
      <p className="t2 mb-3">{t("groups.about")}</p>
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("groups.none")} />
          ) : (
            <ul className="max-w-xl">
              {d.items.map((g) => (
                <li key={g.id} className="flex gap-3 border-t border-line py-1">
                  <A className="lk grow mono" href={`/tokens?group=${encodeURIComponent(g.id)}`}>
                    {g.id}
                  </A>
                  <span>{t("groups.tokens", { count: g.tokens, n: num(g.tokens) })}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Plate>
  );
}
