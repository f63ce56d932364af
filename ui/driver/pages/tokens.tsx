import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, del, post, seg } from "#shared/api/client";
import { day } from "#shared/format";
import { useT } from "#shared/i18n";
import { useGo } from "#shared/nav";
import { Button, ConfirmByConsequence, Empty, Loaded, Note, ProblemBox, TextField } from "#shared/parts";
import { type Card, cardsQuery, configQuery, profileQuery, useDriver } from "../data";
import { Page } from "../frame";
import { cardNumber } from "../logic/code";
import { NeedSignIn } from "../parts/need";
import { Owed } from "../parts/owed";

export default function CardsPage() {
  const t = useT();
  const go = useGo();
  const cache = useQueryClient();
  const { known, driver } = useDriver();
  const q = useQuery({ ...cardsQuery, enabled: driver || !known });
  const helpline = useQuery(configQuery).data?.brand.helpline;
  const held = useQuery({ ...profileQuery, enabled: driver }).data?.held_for;
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState("");
  const [blocking, setBlocking] = useState<Card | null>(null);
  const renew = () => cache.invalidateQueries({ queryKey: cardsQuery.queryKey });
  const add = useMutation({
    mutationFn: (uid: string) => post<Card>("/me/tokens", { uid }),
    onSuccess: () => setTyped(""),
    onSettled: renew,
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const uid = cardNumber(typed);
    if (!uid) return setWrong(t("card.wrong"));
    add.mutate(uid);
  };
  return (
    <Page
      title={t("page.tokens")}
      back={() => go("/account")}
      dock={
        driver && (
          <form onSubmit={submit} className="grid gap-2.5">
            {add.error && !(add.error instanceof ApiProblem && add.error.at("uid")) && <ProblemBox error={add.error} />}
            <TextField
              label={t("card.number")}
              help={t("card.numberHelp")}
              mono
              autoComplete="off"
              autoCapitalize="characters"
              value={typed}
              error={wrong || (add.error instanceof ApiProblem ? add.error.at("uid") : undefined)}
              onChange={(v) => {
                setTyped(v);
                setWrong("");
                add.reset();
              }}
            />
            <Button go type="submit" busy={add.isPending} disabled={typed.trim() === ""}>
              {t("card.add")}
            </Button>
          </form>
        )
      }
    >
      {known && !driver ? (
        <NeedSignIn why={t("card.signIn")} />
      ) : (
        <Loaded of={q}>
          {({ items }) => (
            <>
              <Owed />
              {items.some((c) => c.state === "waiting") && (
                <div className="p-4">
                  <Note>
                    {t("card.waitingWhy")} {helpline && t("card.waitingCall", { phone: helpline })}
                  </Note>
                </div>
              )}
              {items.length === 0 ? (
                <Empty why={t("card.none")} />
              ) : (
                <ul>
                  {items.map((c) => (
                    <li key={c.id} className="row2">
                      <span className="min-w-0 flex-1">
                        <b className="mono block">{c.uid_hint}</b>
                        <span className={`block text-sm ${c.state === "waiting" || held ? "tw" : "t2"}`}>
                          {held && c.state === "active" ? t("card.held") : t(`card.state.${c.state}`)}
                          {c.added_at && `, ${t("card.added", { date: day(c.added_at) })}`}
                        </span>
                      </span>
                      <Button kind="danger" onClick={() => setBlocking(c)}>
                        {c.state === "waiting" ? t("card.takeBack") : t("card.remove")}
                      </Button>
                    </li>
                  ))}
                </ul>
              )}
              <section>
                <p className="t2 text-sm">{t("card.how")}</p>
              </section>
            </>
          )}
        </Loaded>
      )}
      <ConfirmByConsequence
        title={
          blocking?.state === "waiting" ? t("card.takeBack") : t("card.removeTitle", { card: blocking?.uid_hint ?? "" })
        }
        open={blocking !== null}
        onClose={() => setBlocking(null)}
        consequence={blocking?.state === "waiting" ? t("card.takeBackWhat") : t("card.removeWhat")}
        deed={blocking?.state === "waiting" ? t("card.takeBack") : t("card.remove")}
        act={async () => {
          await del(`/me/tokens/${seg(blocking?.id ?? "")}`);
          await renew();
        }}
      />
    </Page>
  );
}
