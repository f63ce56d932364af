import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ConfirmByConsequence } from "./dialog";
import { NumberField } from "./field";
import { Rule, step } from "./rule";
import { stateOf, states } from "./state";
import { type Column, Table } from "./table";

afterEach(cleanup);

function Both({ seen }: { seen: (v: number | null) => void }) {
  const [v, set] = useState<number | null>(11);
  const change = (x: number | null) => {
    set(x);
    seen(x);
  };
  return <NumberField label="Limit" value={v} onChange={change} />;
}

describe("NumberField", () => {
  it("takes both decimal signs, keeps what is typed, and refuses letters", () => {
    const seen = vi.fn();
    render(<Both seen={seen} />);
    const box = screen.getByLabelText("Limit") as HTMLInputElement;
    for (const [typed, want] of [
      ["2,", 2],
      ["2,5", 2.5],
      ["", null],
      ["-", null],
      ["7.50", 7.5],
    ] as const) {
      fireEvent.change(box, { target: { value: typed } });
      expect(seen).toHaveBeenLastCalledWith(want);
      expect(box.value).toBe(typed);
    }
    seen.mockClear();
    fireEvent.change(box, { target: { value: "7.50x" } });
    expect(seen).not.toHaveBeenCalled();
  });
});

describe("Table", () => {
  beforeAll(() => {
    // The test's page has no layout: everything is 800 px.
    for (const name of ["clientHeight", "clientWidth", "offsetHeight", "offsetWidth"]) {
      Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value: 800 });
    }
  });
  const columns: Column<{ id: string }>[] = [{ id: "id", head: "Station", cell: (r) => r.id, sort: "id" }];
  const rows = {
    rows: Array.from({ length: 500 }, (_, i) => ({ id: `S${i}` })),
    more: true,
    loadMore: vi.fn(),
    loading: false,
    error: null,
    retry: () => {},
  };
  function shown(extra: object = {}) {
    const open = vi.fn();
    const select = vi.fn();
    const sort = vi.fn();
    render(
      <Table
        label="Stations"
        columns={columns}
        rows={{ ...rows, ...extra }}
        rowKey={(r) => r.id}
        onOpen={open}
        selected={new Set(["S1"])}
        onSelect={select}
        sort="id"
        onSort={sort}
        empty="none"
      />,
    );
    return { open, select, sort };
  }

  it("draws only what is seen, and says how sorted and chosen it is", () => {
    const { sort } = shown();
    expect(screen.getAllByRole("row").length).toBeLessThan(80);
    expect(screen.getByRole("columnheader", { name: /Station/ }).getAttribute("aria-sort")).toBe("ascending");
    fireEvent.click(screen.getByRole("button", { name: /Station/ }));
    expect(sort).toHaveBeenCalledWith("-id");
    expect(screen.getByText("S1").closest("[role=row]")?.getAttribute("aria-selected")).toBe("true");
  });

  it("goes by keys: arrows move, Enter opens, Space chooses", () => {
    const { open, select } = shown();
    const first = screen.getByText("S0").closest("[role=row]") as HTMLElement;
    first.focus();
    fireEvent.keyDown(first, { key: "ArrowDown" });
    fireEvent.keyDown(first, { key: "Enter" });
    expect(open).toHaveBeenLastCalledWith({ id: "S1" });
    fireEvent.keyDown(first, { key: " " });
    expect([...select.mock.lastCall![0]]).toEqual([]);
    fireEvent.keyDown(first, { key: "ArrowUp" });
    fireEvent.keyDown(first, { key: "ArrowUp" });
    fireEvent.keyDown(first, { key: " " });
    expect([...select.mock.lastCall![0]]).toEqual(["S1", "S0"]);
  });

  it("does not open a row by a click on a control in it", () => {
    const { open } = shown();
    fireEvent.click(screen.getAllByRole("checkbox")[1] as HTMLElement);
    expect(open).not.toHaveBeenCalled();
    fireEvent.click(screen.getByText("S2"));
    expect(open).toHaveBeenCalledWith({ id: "S2" });
  });

  it("says why there is nothing", () => {
    shown({ rows: [], more: false });
    expect(screen.getByText("none")).toBeTruthy();
  });
});

describe("ConfirmByConsequence", () => {
  it("waits for the word, runs once, and stays open on a failure", async () => {
    const act = vi.fn(async () => Promise.reject(new Error("offline now")));
    const close = vi.fn();
    render(
      <ConfirmByConsequence
        title="Reset"
        open
        onClose={close}
        consequence="Ends."
        deed="Reset S1"
        act={act}
        type="S1"
      />,
    );
    const button = screen.getByText("Reset S1") as HTMLButtonElement;
    fireEvent.click(button);
    expect(act).not.toHaveBeenCalled();
    fireEvent.change(screen.getByRole("textbox", { hidden: true }), { target: { value: "S1" } });
    fireEvent.click(button);
    fireEvent.click(button);
    expect(await screen.findByText("offline now")).toBeTruthy();
    expect(act).toHaveBeenCalledTimes(1);
    expect(close).not.toHaveBeenCalled();
  });
});

describe("states and the rule", () => {
  it("knows every spelling of a state", () => {
    for (const [said, want] of [
      ["SuspendedEV", "suspended_ev"],
      ["suspended_evse", "suspended_evse"],
      ["Suspended-EVSE", "suspended_evse"],
      ["Charging", "charging"],
      ["", "unknown"],
      [undefined, "unknown"],
      ["constructor", "unknown"],
    ] as const) {
      expect(stateOf(said)).toBe(want);
    }
    expect(new Set(states).size).toBe(12);
  });
  it("keeps bar and notch on the scale", () => {
    const { container } = render(<Rule label="x" value={500} max={100} limit={-5} />);
    expect(Number(container.querySelector("rect")?.getAttribute("width"))).toBeLessThanOrEqual(112);
    expect(container.innerHTML).not.toMatch(/NaN|Infinity/);
    cleanup();
    expect(render(<Rule label="x" value={null} max={0} />).container.innerHTML).not.toMatch(/NaN|Infinity|<rect/);
  });
  it("steps scales roundly", () => {
    expect([step(4000, 4), step(300, 5), step(22, 4), step(0, 4)]).toEqual([1000, 100, 10, 1]);
  });
});
