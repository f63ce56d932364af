import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, get, type Page, post, put, seg } from "#shared/api/client";
import { useT } from "#shared/i18n";
import { A } from "#shared/nav";
import { Button, Loaded, Note, Plate, ProblemBox, Radios, Select, TextField } from "#shared/parts";
import { useDeed } from "../admin/form";
import { Secret } from "../admin/secret";
import { randomPassword } from "../setup/random";
import { Checklist } from "./checklist";

interface Made {
  id: string;
  password: string | null;
}

/** Lets a station in: where it stands, how it proves who it is; then its password, once, and what has to come true. */
export function Wizard({ identity, refused, onClose }: { identity: string; refused: boolean; onClose: () => void }) {
  const t = useT();
  const [made, setMade] = useState<Made | null>(null);
  if (made)
    return (
      <>
        <Plate title={t("onboard.give", { id: made.id })}>
          <Settings made={made} />
        </Plate>
        <Checklist id={made.id} onClose={onClose} />
      </>
    );
  return (
    <Plate
      title={identity ? t("onboard.acceptOne", { id: identity }) : t("onboard.byHand")}
      actions={
        <Button small onClick={onClose}>
          {t("parts.cancel")}
        </Button>
      }
    >
      <Form identity={identity} refused={refused} onDone={setMade} />
    </Plate>
  );
}

function Form({ identity, refused, onDone }: { identity: string; refused: boolean; onDone: (m: Made) => void }) {
  const t = useT();
  const cache = useQueryClient();
  const deed = useDeed();
  const [id, setId] = useState(identity);
  const [name, setName] = useState("");
  const [site, setSite] = useState("");
  const [profile, setProfile] = useState(location.protocol === "https:" ? "2" : "1");
  const sites = useQuery({
    queryKey: ["/sites", "names"],
    queryFn: ({ signal }) => get<Page<{ id: string; name: string }>>("/sites", { limit: 200 }, signal),
  });
  const chosen = site || sites.data?.items[0]?.id || "";
  const security_profile = Number(profile);
  const send = (e: FormEvent) => {
    e.preventDefault();
    void deed.run(async () => {
      const made = refused
        ? await accept(id.trim(), { name: name.trim() || undefined, site_id: chosen, security_profile })
        : await announce(id.trim(), { name: name.trim() || undefined, site_id: chosen, security_profile }, t);
      await cache.invalidateQueries({ queryKey: ["/stations"] });
      void cache.invalidateQueries({ queryKey: ["/refusals"] });
      void cache.invalidateQueries({ queryKey: ["/overview"] });
      onDone(made);
    });
  };
  return (
    <form className="grid gap-3 max-w-[520px]" onSubmit={send}>
      <TextField
        label={t("onboard.identity")}
        help={t("onboard.identityHelp")}
        mono
        required
        maxLength={48}
        disabled={identity !== ""}
        value={id}
        onChange={setId}
        error={deed.at("id")}
      />
      <TextField
        label={t("onboard.name")}
        help={t("onboard.nameHelp")}
        maxLength={200}
        value={name}
        onChange={setName}
        error={deed.at("name")}
      />
      <Loaded of={sites}>
        {(d) =>
          d.items.length === 0 ? (
            <Note>
              {t("onboard.noSites")}{" "}
              <A className="lk" href="/sites">
                {t("page.sites")}
              </A>
            </Note>
          ) : (
            <Select
              label={t("onboard.site")}
              value={chosen}
              onChange={setSite}
              options={d.items.map((s) => ({ value: s.id, label: s.name }))}
              error={deed.at("site_id")}
            />
          )
        }
      </Loaded>
      <Radios
        label={t("onboard.security")}
        value={profile}
        onChange={setProfile}
        options={["1", "2", "3", "0"].map((p) => ({ value: p, label: t(`onboard.profile.${p}`) }))}
      />
      {profile === "0" && <Note>{t("onboard.profile0")}</Note>}
      {deed.failed !== null && <ProblemBox error={deed.failed} />}
      <p>
        <Button kind="primary" type="submit" busy={deed.busy} disabled={!id.trim() || !chosen}>
          {t(refused ? "onboard.accept" : "onboard.announce")}
        </Button>
      </p>
    </form>
  );
}

interface Body {
  name?: string;
  site_id: string;
  security_profile: number;
}

async function accept(id: string, body: Body): Promise<Made> {
  const a = await post<{ password: string | null }>(`/refusals/${seg(id)}/accept`, body);
  return { id, password: a.password };
}

/** Makes a station that has not come yet; one that is there already is left alone. */
async function announce(id: string, body: Body, t: ReturnType<typeof useT>): Promise<Made> {
  try {
    await get(`/stations/${seg(id)}`);
  } catch (e) {
    if (!(e instanceof ApiProblem) || e.status !== 404) throw e;
    const password = body.security_profile > 0 ? randomPassword() : null;
    await put(`/stations/${seg(id)}`, { ...body, ...(password ? { password } : {}) });
    return { id, password };
  }
  throw new Error(t("onboard.exists", { id }));
}

/** What has to be entered in the station. The password is shown here and nowhere again. */
function Settings({ made }: { made: Made }) {
  const t = useT();
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ocpp`;
  return (
    <div className="grid gap-3 max-w-[640px]">
      <p className="t2">{t("onboard.enter")}</p>
      <dl className="grid gap-2 break-all">
        <div>
          <dt className="t3 text-sm">{t("onboard.url")}</dt>
          <dd className="mono select-all">{url}</dd>
        </div>
        <div>
          <dt className="t3 text-sm">{t("onboard.identity")}</dt>
          <dd className="mono select-all">{made.id}</dd>
        </div>
      </dl>
      {made.password ? (
        <div>
          <p className="t3 text-sm">{t("onboard.password")}</p>
          <Secret text={made.password} note={t("onboard.once")} />
        </div>
      ) : (
        <p className="t2">{t("onboard.noPassword")}</p>
      )}
    </div>
  );
}
