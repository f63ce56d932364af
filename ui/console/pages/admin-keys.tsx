import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { del, post, seg } from "#shared/api/client";
import { moment } from "#shared/format";
import { useT } from "#shared/i18n";
import {
  Button,
  type Column,
  ConfirmByConsequence,
  Dialog,
  Empty,
  ProblemBox,
  Shown,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { RoleFields } from "./admin/role";
import { Secret } from "./admin/secret";
import { Export } from "./export";

interface Key {
  id: string;
  label: string;
  role: string;
  sites?: string[] | null;
  created_at: string;
  revoked_at: string | null;
}

export default function Keys() {
  const t = useT();
  const cache = useQueryClient();
  const rows = usePages<Key>(
    "/keys",
    useMemo(() => ({ limit: 100 }), []),
  );
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const columns = useMemo<Column<Key>[]>(
    () => [
      {
        id: "label",
        head: t("keys.label"),
        cell: (k) => k.label || t("keys.unlabelled"),
        width: "minmax(160px, 1fr)",
      },
      {
        id: "id",
        head: t("keys.id"),
        cell: (k) => <span className="mono text-xs">{k.id}</span>,
        width: "minmax(200px, 1fr)",
      },
      { id: "role", head: t("admin.role"), cell: (k) => t(`role.${k.role}`), width: "120px" },
      { id: "created", head: t("keys.created"), cell: (k) => moment(k.created_at), width: "150px" },
      {
        id: "state",
        head: t("keys.state"),
        cell: (k) =>
          k.revoked_at ? (
            <span className="t3">{t("keys.revoked", { at: moment(k.revoked_at) })}</span>
          ) : (
            <Button small kind="danger" onClick={() => setRevoking(k)}>
              {t("keys.revoke")}
            </Button>
          ),
        width: "200px",
      },
    ],
    [t],
  );
  return (
    <div className="listpage">
      <div className="list">
        <div className="filters">
          <h1>{t("page.keys")}</h1>
          <span className="t2 text-sm">{t("keys.about")}</span>
          <span className="sp" />
          <Export list="exports/keys" />
          <Button kind="primary" onClick={() => setMaking(true)}>
            {t("keys.make")}
          </Button>
        </div>
        <Table
          label={t("page.keys")}
          columns={columns}
          rows={rows}
          rowKey={(k) => k.id}
          empty={<Empty why={t("keys.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {making && <Make onClose={() => setMaking(false)} />}
      <ConfirmByConsequence
        title={t("keys.revokeTitle", { label: revoking?.label || revoking?.id || "" })}
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        consequence={t("keys.revokeThen")}
        deed={t("keys.revoke")}
        act={async () => {
          await del(`/keys/${seg(revoking?.id ?? "")}`);
          await cache.invalidateQueries({ queryKey: ["/keys"] });
        }}
      />
    </div>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState({ label: "", role: "viewer", sites: [] as string[] });
  const [secret, setSecret] = useState("");
  const make = () =>
    deed.run(async () => {
      const { sites, ...rest } = v;
      const made = await post<{ secret: string }>("/keys", { ...rest, ...(v.role === "host" ? { sites } : {}) });
      setSecret(made.secret);
      await cache.invalidateQueries({ queryKey: ["/keys"] });
    });
  return (
    <Dialog
      title={t("keys.make")}
      open
      onClose={onClose}
      footer={
        secret ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} onClick={make}>
              {t("keys.make")}
            </Button>
          </>
        )
      }
    >
      {secret ? (
        <Secret text={secret} note={t("keys.once")} />
      ) : (
        <div className="grid gap-3">
          <TextField
            label={t("keys.label")}
            help={t("keys.labelHelp")}
            value={v.label}
            onChange={(label) => set({ ...v, label })}
            error={deed.at("label")}
          />
          <RoleFields role={v.role} sites={v.sites} onChange={(role, sites) => set({ ...v, role, sites })} />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
        </div>
      )}
    </Dialog>
  );
}
