/** The ways of the arrows of a diagram: across a gap between columns, or along tracks of their own. */
import type { Arrow, Diagram } from "./diagram.ts";
import type { Grid, Placed } from "./grid.ts";
import { labelledTrack, layOut, trackHeight } from "./grid.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Route {
  readonly arrow: Arrow;
  readonly points: readonly Point[];
  /** Where its label stands, above this point; null where there is no room. */
  readonly label: Point | null;
}

export interface Picture {
  readonly grid: Grid;
  readonly routes: readonly Route[];
  readonly height: number;
}

type Track = "above" | "between" | "below";

/** Distance of a vertical stretch from the box that it belongs to. */
const clearance = 10;
/** Of the ⊕ where paths meet. */
export const meetingRadius = 6;

/** Lays out a diagram with as many tracks as its arrows need. */
export function route(diagram: Diagram): Picture {
  const first = layOut(diagram, { above: 0, between: 0, below: 0 });
  const tracks = assignTracks(diagram, first);
  const count = (track: Track): number =>
    1 + Math.max(-1, ...[...tracks.values()].flatMap((t) => (t.track === track ? [t.number] : [])));
  const counts = { above: count("above"), between: count("between"), below: count("below") };
  const grid = layOut(diagram, counts);
  const router = new Router(grid, tracks);
  const routes = diagram.arrows.map((a) => router.route(a));
  return { grid, routes, height: grid.below + counts.below * labelledTrack };
}

/** Arrows that pass over other columns run on a track; those that overlap, on different ones. */
function assignTracks(
  diagram: Diagram,
  { placed }: Grid,
): Map<Arrow, { readonly track: Track; readonly number: number }> {
  const taken: Record<Track, [number, number][][]> = { above: [], between: [], below: [] };
  const found = new Map<Arrow, { track: Track; number: number }>();
  const length = (a: Arrow): number => Math.abs(placed.get(a.from)!.column - placed.get(a.to)!.column);
  // Short ones first: they then lie inside of those that go further.
  for (const arrow of diagram.arrows.toSorted((a, b) => length(a) - length(b))) {
    const [from, to] = [placed.get(arrow.from)!, placed.get(arrow.to)!];
    const track = trackOf(arrow, from, to);
    if (!track) continue;
    const reach: [number, number] = [Math.min(from.column, to.column), Math.max(from.column, to.column)];
    const isFree = (others: readonly [number, number][]): boolean =>
      others.every(([a, b]) => reach[1] < a || b < reach[0]);
    let number = taken[track].findIndex(isFree);
    if (number < 0) number = taken[track].push([]) - 1;
    taken[track][number]!.push(reach);
    found.set(arrow, { track, number });
  }
  return found;
}

function trackOf(arrow: Arrow, from: Placed, to: Placed): Track | null {
  if (from === to) return null;
  if (arrow.kind === "saved") return from.box.lane === "forward" ? "between" : null;
  if (from.box.lane === "forward" && to.box.lane === "forward")
    return arrow.kind === "turn" || to.column - from.column !== 1 ? "above" : null;
  if (from.box.lane === "backward" && to.box.lane === "backward")
    return from.column - to.column !== 1 ? "below" : null;
  return null;
}

class Router {
  /** How many arrows already pass by the parameters of a column. */
  private readonly passing = new Map<number, number>();

  constructor(
    private readonly grid: Grid,
    private readonly tracks: ReadonlyMap<Arrow, { readonly track: Track; readonly number: number }>,
  ) {}

  route(arrow: Arrow): Route {
    const from = this.grid.placed.get(arrow.from)!;
    const to = this.grid.placed.get(arrow.to)!;
    const track = this.tracks.get(arrow);
    if (from === to) return { arrow, points: loop(from), label: null };
    if (arrow.kind === "saved") return { arrow, points: this.saved(from, to, track?.number), label: null };
    if (track?.track === "above")
      return this.over(arrow, from, to, this.grid.above - track.number * labelledTrack);
    if (track?.track === "below")
      return this.under(arrow, from, to, this.grid.below + track.number * labelledTrack);
    return this.direct(arrow, from, to);
  }

  private direct(arrow: Arrow, from: Placed, to: Placed): Route {
    if (from.box.lane === "parameter") return { arrow, points: upwards(from, to), label: null };
    if (to.box.lane === "gradient" && from.column === to.column)
      return { arrow, points: this.hanging(from, to), label: null };
    if (from.box.lane === "forward" && to.box.lane !== "forward") return this.turnRound(arrow, from, to);
    const points = from.box.lane === "forward" ? [right(from), left(to)] : [left(from), right(to)];
    const [a, b] = points as [Point, Point];
    return { arrow, points, label: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
  }

  /** From the loss, round the right edge, to where the gradients begin. */
  private turnRound(arrow: Arrow, from: Placed, to: Placed): Route {
    const x = this.grid.columns[from.column]!.right + 2 * clearance;
    const [start, end] = [right(from), right(to)];
    return { arrow, points: [start, { x, y: start.y }, { x, y: end.y }, end], label: null };
  }

  /** From a gradient up to those of parameters: straight, or past those that hang below. */
  private hanging(from: Placed, to: Placed): Point[] {
    const isLowest = [...this.grid.placed.values()].every(
      (p) => p.column !== to.column || p.box.lane !== "parameter" || p.y < to.y,
    );
    if (isLowest) return upwards(from, to);
    const x = this.pass(to.column);
    const start = { x: Math.min(x, from.x + from.width - 6), y: from.y };
    return [start, { x: start.x, y: from.y - 14 }, { x, y: from.y - 14 }, { x, y: right(to).y }, right(to)];
  }

  /** The next free place to the right of the parameters of a column. */
  private pass(column: number): number {
    const passed = this.passing.get(column) ?? 0;
    this.passing.set(column, passed + 1);
    return this.grid.columns[column]!.right - 6 - passed * trackHeight;
  }

  private over(arrow: Arrow, from: Placed, to: Placed, y: number): Route {
    const out = { x: this.grid.columns[from.column]!.right + clearance, y: right(from).y };
    const into = { x: to.x - clearance, y: left(to).y };
    const points = [right(from), out, { x: out.x, y }, { x: into.x, y }, into, left(to)];
    return { arrow, points, label: arrow.kind === "turn" ? null : { x: (out.x + into.x) / 2, y } };
  }

  private under(arrow: Arrow, from: Placed, to: Placed, y: number): Route {
    const out = { x: from.x - clearance, y: left(from).y };
    const into = { x: this.grid.columns[to.column]!.right + clearance, y: right(to).y };
    const points = [left(from), out, { x: out.x, y }, { x: into.x, y }, into, right(to)];
    return { arrow, points, label: { x: (out.x + into.x) / 2, y } };
  }

  /** Down through the column of the reader, to the right of its parameters. */
  private saved(from: Placed, to: Placed, track = 0): Point[] {
    const x = this.pass(to.column);
    const end = to.box.lane === "gradient" ? right(to) : { x: Math.min(x, to.x + to.width - 6), y: to.y };
    const last =
      to.box.lane === "gradient"
        ? [{ x, y: end.y }, end]
        : [{ x, y: to.y - 8 }, { x: end.x, y: to.y - 8 }, end];
    if (from.box.lane === "parameter") return [right(from), { x, y: right(from).y }, ...last];
    const y = this.grid.between + track * trackHeight;
    const start = { x: from.x + from.width - 8, y: from.y + from.height };
    return [start, { x: start.x, y }, { x, y }, ...last];
  }
}

/** The middle of the right edge, or of the ⊕ on it. */
const right = ({ box, x, y, width, height }: Placed): Point => ({
  x: x + width + (box.meets ? meetingRadius : 0),
  y: y + height / 2,
});
const left = ({ x, y, height }: Placed): Point => ({ x, y: y + height / 2 });

/** From the top of a box to the bottom of one above it, near the left edge. */
function upwards(from: Placed, to: Placed): Point[] {
  const x = Math.max(from.x, to.x) === from.x ? from.x + 8 : Math.min(to.x + 8, from.x + from.width - 8);
  return [
    { x, y: from.y },
    { x: Math.max(x, to.x + 8), y: to.y + to.height },
  ];
}

/** From a box back to itself: above values, below gradients. */
function loop({ box, x, y, width, height }: Placed): Point[] {
  const [out, into] = [x + width - 12, x + width / 2];
  const edge = box.lane === "forward" ? y : y + height;
  const outside = box.lane === "forward" ? edge - 16 : edge + 16;
  return [
    { x: out, y: edge },
    { x: out, y: outside },
    { x: into, y: outside },
    { x: into, y: edge },
  ];
}
