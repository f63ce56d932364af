import { address } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { ButtonLink } from "#shared/parts";

/** Saves a list as CSV, as the server has it: `list` is its path without the form, `query` its filters. */
export function Export({ list, query }: { list: string; query?: Parameters<typeof address>[1] }) {
  const t = useT();
  return (
    <ButtonLink href={address(`/api/v1/${list}.csv`, query)} download>
      {t("shell.export")}
    </ButtonLink>
  );
}
