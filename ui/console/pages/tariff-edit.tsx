import { useQuery } from "@tanstack/react-query";
import { getTagged, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import { useParams } from "#shared/nav";
import { Empty, Loaded, Plate } from "#shared/parts";
import { useSentence } from "./sessions/data";
import { useTariffNames } from "./tariffs/data";
import { Editor } from "./tariffs/edit/editor";
import type { Doc } from "./tariffs/edit/model";

/** A tariff to change. */
export default function TariffEditPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const t = useT();
  const me = useMe();
  // Read once: what is saved is compared with what was there when the page was opened.
  const q = useQuery({
    queryKey: ["/tariffs", id, "edit"],
    queryFn: ({ signal }) => getTagged<Doc>(`/tariffs/${seg(id)}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const { sentence } = useSentence(id);
  const names = useTariffNames();
  if (!me.may("money"))
    return (
      <Plate>
        <h1>{t("page.tariff")}</h1>
        <Empty why={t("problem.denied")} />
      </Plate>
    );
  return (
    <Loaded of={q}>
      {(read) => (
        <Editor
          key={id}
          id={id}
          name={names.data?.items.find((x) => x.id === id)?.name ?? ""}
          sentence={sentence}
          from={read.of}
          tag={read.tag}
        />
      )}
    </Loaded>
  );
}
