import { useQuery } from "@tanstack/react-query";
import { get, type Page } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { Check, Empty, Loaded, Select } from "#shared/parts";

/** The roles of staff and keys, the most powerful first. */
export const roles = ["owner", "operator", "finance", "technician", "support", "viewer", "host"] as const;

/** A role with its meaning in words, and the sites of a host. */
export function RoleFields({
  role,
  sites,
  onChange,
}: {
  role: string;
  sites: string[];
  onChange: (role: string, sites: string[]) => void;
}) {
  const t = useT();
  return (
    <>
      <Select
        label={t("admin.role")}
        help={t(`admin.can.${role}`)}
        value={role}
        onChange={(r) => onChange(r, sites)}
        options={roles.map((r) => ({ value: r, label: t(`role.${r}`) }))}
      />
      {role === "host" && <Sites chosen={sites} onChange={(s) => onChange(role, s)} />}
    </>
  );
}

function Sites({ chosen, onChange }: { chosen: string[]; onChange: (sites: string[]) => void }) {
  const t = useT();
  const q = useQuery({
    queryKey: ["/sites", "names"],
    queryFn: ({ signal }) => get<Page<{ id: string; name: string }>>("/sites", { limit: 200 }, signal),
  });
  return (
    <fieldset className="field">
      <legend className="label">{t("admin.sites")}</legend>
      <Loaded of={q}>
        {(d) =>
          d.items.length === 0 ? (
            <Empty why={t("admin.noSites")} />
          ) : (
            <div className="max-h-48 overflow-y-auto grid gap-1">
              {d.items.map((s) => (
                <Check
                  key={s.id}
                  label={s.name}
                  checked={chosen.includes(s.id)}
                  onChange={(on) => onChange(on ? [...chosen, s.id] : chosen.filter((x) => x !== s.id))}
                />
              ))}
            </div>
          )
        }
      </Loaded>
    </fieldset>
  );
}
