import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { del, post, put, seg } from "#shared/api/client";
import { useMe } from "#shared/api/me";
import { useT } from "#shared/i18n";
import {
  Ago,
  Button,
  type Column,
  ConfirmByConsequence,
  Dialog,
  Empty,
  ProblemBox,
  Radios,
  Shown,
  SidePanel,
  Table,
  TextField,
  usePages,
} from "#shared/parts";
import { useDeed } from "./admin/form";
import { RoleFields } from "./admin/role";
import { Secret } from "./admin/secret";
import { Export } from "./export";

interface User {
  id: string;
  name: string;
  email: string;
  role: string;
  sites: string[] | null;
  language: string;
  state: "invited" | "active" | "disabled";
  totp: boolean;
  passkeys: number;
  last_seen_at: string | null;
  created_at: string;
}

export default function Users() {
  const t = useT();
  const rows = usePages<User>(
    "/users",
    useMemo(() => ({ limit: 100 }), []),
  );
  const [open, setOpen] = useState("");
  const [inviting, setInviting] = useState(false);
  const user = rows.rows.find((u) => u.id === open);
  const columns = useMemo<Column<User>[]>(
    () => [
      { id: "name", head: t("users.name"), cell: (u) => u.name || t("users.unnamed"), width: "minmax(140px, 1fr)" },
      { id: "email", head: t("users.email"), cell: (u) => u.email, width: "minmax(180px, 1.4fr)" },
      { id: "role", head: t("admin.role"), cell: (u) => t(`role.${u.role}`), width: "110px" },
      { id: "state", head: t("users.state"), cell: (u) => t(`users.states.${u.state}`), width: "110px" },
      { id: "factor", head: t("users.factor"), cell: (u) => factors(t, u), width: "150px" },
      {
        id: "seen",
        head: t("users.seen"),
        cell: (u) => (u.last_seen_at ? <Ago at={u.last_seen_at} /> : "–"),
        width: "120px",
      },
    ],
    [t],
  );
  return (
    <div className={`listpage${user ? " open" : ""}`}>
      <div className="list">
        <div className="filters">
          <h1>{t("page.users")}</h1>
          <span className="sp" />
          <Export list="exports/users" />
          <Button kind="primary" onClick={() => setInviting(true)}>
            {t("users.invite")}
          </Button>
        </div>
        <Table
          label={t("page.users")}
          columns={columns}
          rows={rows}
          rowKey={(u) => u.id}
          current={open}
          onOpen={(u) => setOpen(u.id)}
          empty={<Empty why={t("users.none")} />}
        />
        <div className="foot">
          <Shown rows={rows} />
        </div>
      </div>
      {user && <UserPanel key={user.id} user={user} onClose={() => setOpen("")} />}
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </div>
  );
}

function factors(t: ReturnType<typeof useT>, u: User) {
  const has = [u.totp && t("users.totp"), u.passkeys > 0 && t("users.passkeys", { count: u.passkeys })].filter(Boolean);
  return has.length ? has.join(", ") : t("users.passwordOnly");
}

function UserPanel({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState({ name: user.name, role: user.role, sites: user.sites ?? [], state: user.state });
  const [removing, setRemoving] = useState(false);
  const renew = () => cache.invalidateQueries({ queryKey: ["/users"] });
  const save = async (e: FormEvent) => {
    e.preventDefault();
    const body = { name: v.name, role: v.role, state: v.state, ...(v.role === "host" ? { sites: v.sites } : {}) };
    if (await deed.run(() => put(`/users/${seg(user.id)}`, body))) await renew();
  };
  return (
    <SidePanel title={user.name || user.email} onClose={onClose}>
      <form className="grid gap-3 p-4" onSubmit={save}>
        <p className="t2">{user.email}</p>
        <TextField
          label={t("users.name")}
          required
          value={v.name}
          onChange={(name) => set({ ...v, name })}
          error={deed.at("name")}
        />
        <RoleFields role={v.role} sites={v.sites} onChange={(role, sites) => set({ ...v, role, sites })} />
        {user.state !== "invited" && (
          <Radios
            label={t("users.state")}
            value={v.state}
            onChange={(state) => set({ ...v, state: state as User["state"] })}
            options={(["active", "disabled"] as const).map((s) => ({ value: s, label: t(`users.states.${s}`) }))}
          />
        )}
        {deed.failed !== null && <ProblemBox error={deed.failed} />}
        <p className="flex gap-3">
          <Button type="submit" kind="primary" busy={deed.busy}>
            {t("users.save")}
          </Button>
          {user.id !== me.id && (
            <Button kind="danger" onClick={() => setRemoving(true)}>
              {t("users.remove")}
            </Button>
          )}
        </p>
      </form>
      <ConfirmByConsequence
        title={t("users.removeTitle", { name: user.name || user.email })}
        open={removing}
        onClose={() => setRemoving(false)}
        consequence={t("users.removeThen")}
        deed={t("users.remove")}
        act={async () => {
          await del(`/users/${seg(user.id)}`);
          await renew();
          onClose();
        }}
      />
    </SidePanel>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [v, set] = useState({ name: "", email: "", role: "operator", sites: [] as string[] });
  const [link, setLink] = useState("");
  const send = () =>
    deed.run(async () => {
      const { sites, ...rest } = v;
      const made = await post<{ invitation_url: string }>("/users", {
        ...rest,
        ...(v.role === "host" ? { sites } : {}),
      });
      setLink(made.invitation_url);
      await cache.invalidateQueries({ queryKey: ["/users"] });
    });
  return (
    <Dialog
      title={t("users.invite")}
      open
      onClose={onClose}
      footer={
        link ? (
          <Button kind="primary" onClick={onClose}>
            {t("parts.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("parts.cancel")}</Button>
            <Button kind="primary" busy={deed.busy} onClick={send}>
              {t("users.sendInvitation")}
            </Button>
          </>
        )
      }
    >
      {link ? (
        <Secret text={link} note={t("users.linkOnce", { email: v.email })} />
      ) : (
        <div className="grid gap-3">
          <TextField
            label={t("users.name")}
            required
            value={v.name}
            onChange={(name) => set({ ...v, name })}
            error={deed.at("name")}
          />
          <TextField
            label={t("users.email")}
            type="email"
            required
            value={v.email}
            onChange={(email) => set({ ...v, email })}
            error={deed.at("email")}
          />
          <RoleFields role={v.role} sites={v.sites} onChange={(role, sites) => set({ ...v, role, sites })} />
          {deed.failed !== null && <ProblemBox error={deed.failed} />}
        </div>
      )}
    </Dialog>
  );
}
