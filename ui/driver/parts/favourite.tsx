import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { del, type Page, put, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { IconButton } from "#shared/parts";
import { keepWay } from "../back";
import { type Favourite, favouritesQuery, useDriver } from "../data";

/** The driver's favourite at a site, and how to change it. */
export function useFavourite(site: string) {
  const cache = useQueryClient();
  const { driver } = useDriver();
  const q = useQuery({ ...favouritesQuery, enabled: driver });
  const kept = q.data?.items.find((x) => x.site.id === site);
  const settle = () => void cache.invalidateQueries({ queryKey: favouritesQuery.queryKey });
  const keep = useMutation({
    mutationFn: (tell: boolean) => put<Favourite>(`/me/favourites/${seg(site)}`, { tell_when_free: tell }),
    onSettled: settle,
  });
  const drop = useMutation({
    mutationFn: () => del(`/me/favourites/${seg(site)}`),
    onMutate: () =>
      cache.setQueryData<Page<Favourite>>(
        favouritesQuery.queryKey,
        (old) => old && { ...old, items: old.items.filter((x) => x.site.id !== site) },
      ),
    onSettled: settle,
  });
  return { driver, kept, keep, drop, error: keep.error ?? drop.error };
}

/** The star of a site. Without sign-in it leads there and comes back. */
export function FavouriteStar({ site }: { site: string }) {
  const t = useT();
  const go = useGo();
  const { driver, kept, keep, drop } = useFavourite(site);
  const press = () => {
    if (!driver) {
      keepWay(`/site/${seg(site)}`);
      go("/sign-in");
    } else if (kept) drop.mutate();
    else keep.mutate(false);
  };
  return (
    <IconButton
      icon={kept ? "star-on" : "star"}
      label={kept ? t("favourite.drop") : t("favourite.keep")}
      aria-pressed={kept !== undefined}
      size={24}
      className="star"
      disabled={keep.isPending || drop.isPending}
      onClick={press}
    />
  );
}
