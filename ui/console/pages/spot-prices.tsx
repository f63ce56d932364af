import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, type Page } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { Button, Empty, Loaded, Plate, Plates } from "#shared/parts";
import { HolidayPlate } from "./prices/holidays";
import { AddIndex, IndexPlate } from "./prices/indexes";
import type { Index } from "./prices/logic";

/** What tariffs may follow: indexes of spot prices, and public holidays. */
export default function SpotPrices() {
  const t = useT();
  const me = useMe();
  const [adding, setAdding] = useState(false);
  const q = useQuery({
    queryKey: ["/spot-indexes"],
    queryFn: ({ signal }) => get<Page<Index>>("/spot-indexes", {}, signal),
    refetchInterval: false,
  });
  return (
    <Plates fill className="grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_412px] lg:grid-rows-[auto_1fr]">
      <section className="plate col-span-full flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="grow min-w-[200px]">
          <h1>{t("page.prices")}</h1>
          <p className="t2">{t("prices.about")}</p>
        </div>
        {me.may("money") && <Button onClick={() => setAdding(true)}>{t("prices.add")}</Button>}
      </section>
      <Plates className="grid-cols-[minmax(0,1fr)] content-start">
        <Loaded of={q}>
          {(d) =>
            d.items.length === 0 ? (
              <Plate>
                <Empty why={t("prices.none")} />
              </Plate>
            ) : (
              d.items.map((x) => <IndexPlate key={x.id} x={x} />)
            )
          }
        </Loaded>
      </Plates>
      <HolidayPlate />
      {adding && <AddIndex onClose={() => setAdding(false)} />}
    </Plates>
  );
}
