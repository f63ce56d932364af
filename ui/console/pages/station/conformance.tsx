import { useQuery } from "@tanstack/react-query";
import { get, type Page, seg } from "#shared/api/client";
import { moment, num } from "#shared/format";
import { useT } from "#shared/i18n";
import { live } from "#shared/live";
import { A } from "#shared/nav";
import { Empty, Loaded, Plate, Wide, ZoneNote } from "#shared/parts";
import type { TabProps } from "../station";
import { apart } from "./faults";

interface Finding {
  action: string;
  kind: string;
  path: string;
  detail: string;
  first_at: string;
  last_at: string;
  times: number;
}

/** What the messages of a station got wrong, how often, and what was made of it. */
export default function Conformance({ station, zone }: TabProps) {
  const t = useT();
  const q = useQuery(
    live(
      [`station:${station.id}`],
      {
        queryKey: ["/stations", station.id, "findings", "all"],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          get<Page<Finding>>(`/stations/${seg(station.id)}/findings`, { limit: 200 }, signal),
      },
      5_000,
    ),
  );
  return (
    <Plate title={t("station.tab.conformance")} note={<ZoneNote zone={zone} />}>
      <p className="t2 mb-2">{t("station.conformanceNote")}</p>
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("station.noFindings")} />
          ) : (
            <Wide label={t("station.tab.conformance")}>
              <table className="plain">
                <thead>
                  <tr>
                    <th scope="col">{t("station.find.action")}</th>
                    <th scope="col">{t("station.find.kind")}</th>
                    <th scope="col">{t("station.find.where")}</th>
                    <th scope="col">{t("station.find.detail")}</th>
                    <th scope="col" className="n">
                      {t("station.find.times")}
                    </th>
                    <th scope="col">{t("station.find.first")}</th>
                    <th scope="col">{t("station.find.last")}</th>
                  </tr>
                </thead>
                <tbody>
                  {d.items.map((x) => (
                    <tr key={x.action + x.kind + x.path}>
                      <td>
                        <A
                          className="lk"
                          href={`/stations/${seg(station.id)}?tab=log&action=${encodeURIComponent(x.action)}`}
                        >
                          {x.action}
                        </A>
                      </td>
                      <td>{apart(x.kind).replaceAll("_", " ")}</td>
                      <td className="mono break-all">{x.path || "/"}</td>
                      <td className="break-words">{x.detail}</td>
                      <td className="n">{num(x.times)}</td>
                      <td className="whitespace-nowrap">{moment(x.first_at, zone)}</td>
                      <td className="whitespace-nowrap">{moment(x.last_at, zone)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
          )
        }
      </Loaded>
    </Plate>
  );
}
