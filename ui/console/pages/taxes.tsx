import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Loaded, Plate, Plates } from "#shared/parts";
import { Explain } from "./taxes/explain";
import { Rates } from "./taxes/rates";
import { Registrations } from "./taxes/registrations";
import type { Entity } from "./taxes/types";

/** Taxes: where the seller is registered, which rates hold, and what applies to whom. */
export default function Taxes() {
  const t = useT();
  const q = useQuery({
    queryKey: ["/entities"],
    queryFn: ({ signal }) => get<Page<Entity>>("/entities", { limit: 200 }, signal),
  });
  return (
    <Loaded of={q}>
      {(d) => (
        <Plates className="grid-cols-1 lg:grid-cols-2">
          <Plate className="col-span-full">
            <h1>{t("page.taxes")}</h1>
            <p className="t2">{t("taxes.about")}</p>
          </Plate>
          <Explain />
          {d.items.map((e) => (
            <Registrations key={e.id} of={e} />
          ))}
          <Rates />
        </Plates>
      )}
    </Loaded>
  );
}
