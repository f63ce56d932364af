import { useQuery } from "@tanstack/react-query";
import { seg } from "#shared/api/client";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Empty, Loaded, Switch } from "#shared/parts";
import { type Favourite, favouritesQuery, useDriver } from "../data";
import { Page } from "../frame";
import { FavouriteStar, useFavourite } from "../parts/favourite";
import { FreeLine } from "../parts/free";
import { NeedSignIn } from "../parts/need";
import { SiteFacts } from "../parts/price";

export default function FavouritesPage() {
  const t = useT();
  const { known, driver } = useDriver();
  const q = useQuery({ ...favouritesQuery, enabled: driver || !known });
  return (
    <Page title={t("page.favourites")}>
      {known && !driver ? (
        <NeedSignIn why={t("favourite.signIn")} />
      ) : (
        <Loaded of={q}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty why={t("favourite.none")}>
                <A className="lk" href="/">
                  {t("shell.home")}
                </A>
              </Empty>
            ) : (
              <ul>
                {items.map((f) => (
                  <Row key={f.site.id} f={f} />
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
    </Page>
  );
}

function Row({ f }: { f: Favourite }) {
  const t = useT();
  const { keep } = useFavourite(f.site.id);
  return (
    <li className="favrow">
      <div className="flex items-center justify-between gap-2">
        <h2 className="min-w-0">
          <A href={`/site/${seg(f.site.id)}`} className="block cut">
            {f.site.name}
          </A>
        </h2>
        <FavouriteStar site={f.site.id} />
      </div>
      <FreeLine site={f.site} />
      <SiteFacts site={f.site} />
      <Switch
        label={t("favourite.tell")}
        checked={f.tell_when_free}
        disabled={keep.isPending}
        onChange={(v) => keep.mutate(v)}
      />
      {f.tell_when_free && f.tell_until && (
        <p className="t2 text-sm">{t("favourite.until", { time: moment(f.tell_until, f.site.time_zone) })}</p>
      )}
    </li>
  );
}
