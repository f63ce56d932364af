// All parts on one page, for work on them. Only in dev builds; its words are not translated.
import { useMemo, useState } from "react";
import { ApiProblem } from "#shared/api/client";
import { energy, kw, kwh, money, power, running } from "#shared/format";
import {
  Alarms,
  Button,
  ButtonLink,
  Chart,
  Check,
  Chip,
  type Column,
  CommandTrail,
  ConfirmByConsequence,
  Dialog,
  Empty,
  Facts,
  Figure,
  Icon,
  IconButton,
  type IconName,
  Legend,
  type Line,
  Menu,
  Note,
  NumberField,
  offerUndo,
  Pair,
  Pairs,
  Plate,
  Plates,
  ProblemBox,
  Radios,
  Rule,
  Select,
  SelectChip,
  SiteMap,
  Stale,
  StateMark,
  Switch,
  states,
  Table,
  Tabs,
  TextArea,
  TextField,
} from "#shared/parts";

interface Row {
  id: string;
  site: string;
  state: string;
  w: number;
  wh: number;
}

const icons: IconName[] = [
  "down",
  "up",
  "left",
  "right",
  "search",
  "x",
  "ok",
  "no",
  "p1",
  "p2",
  "p3",
  "menu",
  "more",
  "plus",
  "copy",
  "map",
  "list",
  "plug",
  "qr",
  "here",
  "phone",
  "receipt",
  "person",
  "card",
  "star",
  "star-on",
  "stop",
];

export default function Gallery() {
  const [text, setText] = useState("KRN-0142");
  const [n, setN] = useState<number | null>(150);
  const [pick, setPick] = useState("a");
  const [on, setOn] = useState(true);
  const [chips, setChips] = useState(["today"]);
  const [dialog, setDialog] = useState(false);
  const [confirm, setConfirm] = useState(false);
  const [chosen, setChosen] = useState(new Set<string>());
  const [open, setOpen] = useState<string>();
  const t0 = useMemo(() => Math.floor(Date.now() / 60_000) * 60_000 - 20 * 60_000, []);
  const lines = useMemo<Line[]>(() => {
    const at = (m: number) => t0 + m * 60_000;
    return [
      {
        kind: "area",
        label: "measured",
        points: Array.from(
          { length: 41 },
          (_, i) => [at(i / 2), i < 3 ? i * 60 : i < 12 ? 182 : i < 26 ? 150 : 150 - (i - 26) * 3.6] as const,
        ),
      },
      {
        kind: "limit",
        label: "limit in force",
        points: [
          [at(0), 300],
          [at(6), 150],
          [at(20), 150],
        ],
      },
      {
        kind: "plan",
        label: "planned",
        points: [
          [at(20), 150],
          [at(26), 240],
          [at(32), 240],
        ],
      },
      {
        kind: "expected",
        label: "expected",
        points: [
          [at(20), 96],
          [at(25), 72],
        ],
      },
    ];
  }, [t0]);
  const rows = useMemo<Row[]>(
    () =>
      Array.from({ length: 5000 }, (_, i) => ({
        id: `KRN-${String(i).padStart(4, "0")}`,
        site: ["Rasthof Falkengrund Ost", "Messe Parkhaus B", "Klinikum Süd"][i % 3] ?? "",
        state: states[i % 12] ?? "unknown",
        w: (i * 7919) % 300_000,
        wh: (i * 104729) % 80_000_000,
      })),
    [],
  );
  const columns: Column<Row>[] = [
    { id: "id", head: "Station", cell: (r) => r.id, width: "110px", sort: "id" },
    { id: "site", head: "Site", cell: (r) => r.site, width: "minmax(160px, 1fr)" },
    {
      id: "state",
      head: "State",
      cell: (r) => <StateMark state={r.state} size={13} />,
      width: "170px",
      sort: "status",
    },
    { id: "kw", head: "kW", cell: (r) => kw(r.w), number: true, width: "70px" },
    {
      id: "rule",
      head: "of rated, limit",
      cell: (r) => <Rule label={kw(r.w)} value={r.w} max={300_000} limit={150_000} width={84} />,
      width: "110px",
    },
    { id: "kwh", head: "kWh", cell: (r) => kwh(r.wh), number: true, width: "90px" },
  ];
  return (
    <Plates cols="minmax(0, 1fr)">
      <Plate title="States" note="colour, shape and word">
        <div className="flex flex-wrap gap-x-6 gap-y-1">
          {states.map((s) => (
            <StateMark key={s} state={s} />
          ))}
        </div>
        <div className="pips mt-2">
          <span className="sta">
            {states.map((s) => (
              <StateMark key={s} state={s} pip size={13} />
            ))}
          </span>
        </div>
        <div className="flex flex-wrap gap-3 mt-2">
          {icons.map((i) => (
            <Icon key={i} name={i} />
          ))}
        </div>
      </Plate>
      <Alarms
        label="Alarms"
        windows={[
          { id: "1", label: "Faulted", href: "/stations", level: "fault", text: "3 EVSE, 1 new", fresh: true },
          { id: "2", label: "Silent", href: "/stations", level: "warn", text: "1 station" },
          { id: "3", label: "Over limit", href: "/stations", level: "clear" },
          { id: "4", label: "Payments", href: "/stations", level: "clear" },
        ]}
      />
      <Plates cols="repeat(auto-fit, minmax(140px, 1fr))">
        <Plate>
          <Figure label="Power now" value={power(2_807_800)} hero />
        </Plate>
        <Plate>
          <Figure label="Energy today" value={energy(13_990_000)} note="6 % above yesterday" href="/sessions" />
        </Plate>
        <Plate>
          <Figure label="Cost so far" value={money({ amount_minor: 2769, currency: "EUR" })} />
        </Plate>
        <Plate>
          <Figure label="Time" value={running(1167)} note={<Stale at={Date.now() - 22 * 60_000}>96.4 kW</Stale>} />
        </Plate>
      </Plates>
      <Plate title="The rule">
        <div className="grid gap-4 max-w-[600px]">
          <Rule
            size="full"
            value={2807.8}
            max={4000}
            limit={3600}
            limitText="Limit 3,600"
            label="2,807.8 of 4,000 kW"
          />
          <Rule size="plate" value={96.4} max={300} limit={150} label="96.4 of 300 kW" />
          <Rule value={97} max={100} from={14} limit={80} label="97 per cent" />
          <Rule value={null} max={100} label="not known" />
        </div>
      </Plate>
      <Plate title="EVSE 1, limit and measured power" actions={<span className="t3 text-sm">kW</span>}>
        <Legend lines={lines} />
        <Chart
          lines={lines}
          label="Power"
          unit="kW"
          now={t0 + 20 * 60_000}
          marks={[{ at: t0 + 6 * 60_000, text: "150 kW from 14:18, TxProfile 12", y: 250 }]}
          from={t0}
          to={t0 + 32 * 60_000}
        />
      </Plate>
      <Plates cols="repeat(auto-fit, minmax(300px, 1fr))">
        <Plate title="Buttons">
          <div className="flex flex-wrap gap-1.5">
            <Button kind="primary">Open session</Button>
            <Button>Set limit</Button>
            <Button kind="danger" onClick={() => setConfirm(true)}>
              Reset…
            </Button>
            <Button small>Acknowledge</Button>
            <Button disabled>Unlock</Button>
            <ButtonLink href="/stations">Stations</ButtonLink>
            <IconButton icon="x" label="Close" />
            <Menu
              label="More"
              items={[
                { id: "a", label: "Trigger message" },
                { id: "b", label: "Reserve" },
                "line",
                { id: "c", label: "Delete", danger: true },
              ]}
            />
            <Button onClick={() => setDialog(true)}>Dialog</Button>
            <Button onClick={() => offerUndo("Filter removed.", () => {})}>Undo</Button>
          </div>
          <div className="chips mt-3">
            {["today", "open", "held"].map((c) => (
              <Chip
                key={c}
                on={chips.includes(c)}
                count={12}
                onClick={() => setChips((x) => (x.includes(c) ? x.filter((y) => y !== c) : [...x, c]))}
              >
                {c}
              </Chip>
            ))}
            <SelectChip
              label="Site"
              value={pick}
              onChange={setPick}
              options={[
                { value: "a", label: "Klinikum Süd", count: 4 },
                { value: "b", label: "Messe" },
              ]}
            />
            <button type="button" className="chip add">
              Add filter
            </button>
          </div>
          <div className="mt-3">
            <Facts
              items={[
                ["Connected", "9 d 4 h"],
                ["Protocol", "OCPP 2.0.1"],
                ["Firmware", "3.11.2"],
              ]}
            />
          </div>
        </Plate>
        <Plate title="Fields">
          <div className="grid gap-3">
            <TextField label="Name" value={text} onChange={setText} help="As printed on the post." />
            <NumberField
              label="Limit"
              value={n}
              onChange={setN}
              unit="kW"
              error={n === null || n > 300 ? "Between 1 and 300 kW." : undefined}
            />
            <Select
              label="Kind"
              value={pick}
              onChange={setPick}
              options={[
                { value: "a", label: "Soft reset" },
                { value: "b", label: "Hard reset" },
              ]}
            />
            <TextArea label="Reason" value="" onChange={() => {}} />
            <div className="flex flex-wrap gap-5">
              <Check label="On idle" checked={on} onChange={setOn} />
              <Switch label="Tell me when free" checked={on} onChange={setOn} />
            </div>
            <Radios
              label="Type"
              value={pick}
              onChange={setPick}
              options={[
                { value: "a", label: "Soft" },
                { value: "b", label: "Hard" },
              ]}
            />
          </div>
        </Plate>
        <Plate title="Commands" note="last hour">
          <CommandTrail
            sent={{ look: "done", word: "Sent", note: "14:31:40.207" }}
            answered={{ look: "done", word: "Accepted", note: "+0.38 s" }}
            effect={{ look: "waiting", word: "Waiting for boot", note: "27 s of 300 s" }}
          />
          <CommandTrail
            sent={{ look: "done", word: "Sent", note: "14:30:52.114" }}
            answered={{ look: "refused", word: "UnlockFailed", note: "+2.06 s" }}
            effect={{ look: "idle", word: "No effect" }}
            quote="lock motor 0 mA, latch not seen"
          />
          <CommandTrail
            sent={{ look: "done", word: "Sent", note: "14:17:59.871" }}
            answered={{ look: "done", word: "Accepted", note: "+0.31 s" }}
            effect={{ look: "effect", word: "Effect seen", note: "+4.2 s" }}
            note="power fell from 181.6 to 149.6 kW"
          />
        </Plate>
        <Plate title="Words">
          <div className="grid gap-2">
            <ProblemBox
              error={new ApiProblem({ status: 409, title: "Conflict", detail: "Station KRN-0142 is offline." })}
              retry={() => {}}
            />
            <Note>EVSE 2 stops charging for about 90 s.</Note>
            <Pairs>
              <Pair name="Register at start">18,402.117 kWh</Pair>
              <Pair name="Meter gaps">none</Pair>
            </Pairs>
          </div>
          <Empty why="No sessions on 20 Nov.">
            <ButtonLink href="/sessions" small>
              Show 19 Nov
            </ButtonLink>
          </Empty>
        </Plate>
      </Plates>
      <Tabs
        label="Station"
        current="live"
        tabs={[
          { id: "live", label: "Live", href: "/gallery" },
          { id: "s", label: "Sessions", href: "/gallery" },
          { id: "c", label: "Conformance", href: "/gallery", count: 2 },
        ]}
      />
      <div className="h-[360px] flex flex-col bg-plate">
        <Table
          label="Stations"
          columns={columns}
          rows={{
            rows,
            total: rows.length,
            more: false,
            loadMore: () => {},
            loading: false,
            error: null,
            retry: () => {},
          }}
          rowKey={(r) => r.id}
          selected={chosen}
          onSelect={setChosen}
          current={open}
          onOpen={(r) => setOpen(r.id)}
          sort="id"
          onSort={() => {}}
          empty={<Empty why="No stations." />}
          tone={(r) => (r.id === "KRN-0003" ? "f" : undefined)}
        />
      </div>
      <div className="h-[320px]">
        <SiteMap
          look="disc"
          label="Sites"
          markers={[
            { id: "a", name: "Berlin", lon: 13.4, lat: 52.5, level: "well" },
            { id: "b", name: "Bern", lon: 7.44, lat: 46.95, level: "warn" },
            { id: "c", name: "Lyon", lon: 4.83, lat: 45.76, level: "fault" },
          ]}
        />
      </div>
      <Dialog
        title="Reserve EVSE 2"
        open={dialog}
        onClose={() => setDialog(false)}
        footer={<Button kind="primary">Reserve EVSE 2</Button>}
      >
        <TextField label="Token" value={text} onChange={setText} />
      </Dialog>
      <ConfirmByConsequence
        title="Reset KRN-0142"
        open={confirm}
        onClose={() => setConfirm(false)}
        consequence="One session ends, 46.94 kWh so far. The station is away for about 90 s."
        deed="Reset KRN-0142"
        type="KRN-0142"
        act={async () => {}}
      />
    </Plates>
  );
}
