/**
 * Threads: every one has an instance of the module on the same memory, and runs the same procedures, each with its own
 * shares of the loops. The thread of the host is number 0. It writes down what is to be done, and the others, which wait in
 * `work`, join it; at a barrier they wait for each other. Who waits spins first, since most waits are short, and then
 * sleeps until it is woken, so that more threads than processors do no harm; a thread that must not sleep, such as that of
 * a page, only spins. A barrier that counts and moves on to its next phase: Mellor-Crummey and Scott, "Algorithms for
 * scalable synchronization on shared-memory multiprocessors" (1991).
 *
 * With one thread all of it is skipped, and no instruction that needs shared memory is executed.
 */
import type { WatType } from "./expressions.ts";
import type { Wat } from "./text.ts";
import { i32 } from "./text.ts";

/**
 * How often a place is looked at, about a nanosecond each time, before its thread goes to sleep. Who slept answers after 180
 * microseconds on a virtual machine, and one time in a hundred after six milliseconds. So what a step waits for in its midst
 * is worth a long look; the next step may be far.
 */
const spins = { order: 100_000, phase: 1_000_000 } as const;

/**
 * Places in the memory that threads agree by, in bytes from its beginning; what is waited for stands on cache lines of its
 * own. Behind them stand the arguments of the procedure that all threads run.
 */
const places = { ready: 0, sleepers: 4, procedure: 8, orders: 64, arrived: 128, phase: 192 } as const;
const argumentsAt = 256;

/** How many bytes threads need to agree on a call with so many arguments. */
export const sizeOfControl = (mostArguments: number): number => argumentsAt + 4 * mostArguments;

/** Functions and globals that a module with divided kernels has beside its own. */
export const teamNames = [
  "$thread",
  "$threads",
  "$team",
  "$haste",
  "$control",
  "$join",
  "$gather",
  "$order",
  "$barrier",
  "$await",
  "$wake",
  "$share",
  "$turn",
  "$rows",
  "$among",
  "$work",
] as const;

/** A procedure that all threads run: its number, its function, and the types of its parameters. */
export interface TeamProcedure {
  readonly number: number;
  readonly name: string;
  readonly parameters: readonly WatType[];
}

const control: Wat = ["global.get", "$control"];
const at = (place: keyof typeof places): readonly string[] =>
  places[place] === 0 ? [] : [`offset=${places[place]}`];
const argument = (n: number): string => `offset=${argumentsAt + 4 * n}`;

/** What the thread of the host does first: it tells the others, if they are ready, what to join it in. */
export function lead({ number, parameters }: TeamProcedure, values: readonly Wat[]): Wat {
  const stores = parameters.map((type, n): Wat => [`${type}.store`, argument(n), control, values[n]!]);
  return ["if", ["call", "$gather"], ["then", ...stores, ["call", "$order", i32(number)]]];
}

/** The globals, each with what it means; `controlAt` is where threads agree. */
export function teamGlobals(controlAt: number): string {
  return `  ;; Threads: the number of this one, how many run this procedure, how many there are, and how much
  ;; a look counts while one waits: 0, where it must not sleep
  (global $thread (mut i32) (i32.const 0))
  (global $threads (mut i32) (i32.const 1))
  (global $team (mut i32) (i32.const 1))
  (global $haste (mut i32) (i32.const 0))
  (global $control i32 (i32.const ${controlAt}))`;
}

/** The functions. `scratch`: the global that moves with the number of a thread, and by how many bytes. */
export function teamFunctions(
  procedures: readonly TeamProcedure[],
  scratch: { readonly name: string; readonly size: number } | undefined,
): string {
  const place = (name: keyof typeof places): string => ["", ...at(name)].join(" ");
  const jobs = procedures.map(({ number, name, parameters }) => {
    const loads = parameters.map((type, n) => `(${type}.load ${argument(n)} (global.get $control))`);
    const call = `(call ${[name, ...loads].join(" ")})`;
    return `      (if (i32.eq (local.get $procedure) (i32.const ${number}))
        (then ${call}))`;
  });
  const move =
    scratch === undefined
      ? ""
      : `
    (global.set ${scratch.name}
      (i32.add (global.get ${scratch.name}) (i32.mul (local.get $number) (i32.const ${scratch.size}))))`;
  return `  ;; Makes this instance one of so many threads. The first one is alone until the others are ready.
  (func $join (export "join") (param $number i32) (param $count i32) (param $haste i32)
    (global.set $thread (local.get $number))
    (global.set $threads (select (local.get $count) (i32.const 1) (local.get $number)))
    (global.set $team (local.get $count))
    (global.set $haste (local.get $haste))${move})

  ;; Counts the threads that run what comes next: all of them, once all are ready. Whether they are more than this one.
  (func $gather (result i32)
    (global.set $threads
      (select (global.get $team) (i32.const 1)
        (i32.eq
          (i32.atomic.load${place("ready")} (global.get $control))
          (i32.sub (global.get $team) (i32.const 1)))))
    (i32.gt_u (global.get $threads) (i32.const 1)))

  ;; Sends all threads to a procedure, whose arguments are written down.
  (func $order (param $procedure i32)
    (i32.store${place("procedure")} (global.get $control) (local.get $procedure))
    (drop (i32.atomic.rmw.add${place("orders")} (global.get $control) (i32.const 1)))
    (call $wake (i32.add (global.get $control) (i32.const ${places.orders}))))

  ;; What the other threads do: one order after the other.
  (func $work (export "work") (local $seen i32) (local $procedure i32)
    (local.set $seen (i32.atomic.load${place("orders")} (global.get $control)))
    (drop (i32.atomic.rmw.add${place("ready")} (global.get $control) (i32.const 1)))
    (loop $next
      (call $await (i32.add (global.get $control) (i32.const ${places.orders})) (local.get $seen)
        (i32.const ${spins.order}))
      (local.set $seen (i32.atomic.load${place("orders")} (global.get $control)))
      (local.set $procedure (i32.load${place("procedure")} (global.get $control)))
${jobs.join("\n")}
      (call $barrier)
      (br $next)))

  ;; Returns when all threads have come here: the last one begins the next phase.
  (func $barrier (local $phase i32)
    (if (i32.eq (global.get $threads) (i32.const 1)) (then (return)))
    (local.set $phase (i32.atomic.load${place("phase")} (global.get $control)))
    (if
      (i32.eq
        (i32.atomic.rmw.add${place("arrived")} (global.get $control) (i32.const 1))
        (i32.sub (global.get $threads) (i32.const 1)))
      (then
        (i32.atomic.store${place("arrived")} (global.get $control) (i32.const 0))
        (i32.atomic.store${place("phase")} (global.get $control)
          (i32.add (local.get $phase) (i32.const 1)))
        (call $wake (i32.add (global.get $control) (i32.const ${places.phase}))))
      (else
        (call $await (i32.add (global.get $control) (i32.const ${places.phase})) (local.get $phase)
          (i32.const ${spins.phase})))))

  ;; Returns when a place holds another number: looks at it for a while, then sleeps until it is woken.
  (func $await (param $place i32) (param $old i32) (param $most i32) (local $looks i32)
    (loop $spin
      (if (i32.ne (i32.atomic.load (local.get $place)) (local.get $old)) (then (return)))
      (local.set $looks (i32.add (local.get $looks) (global.get $haste)))
      (br_if $spin (i32.lt_u (local.get $looks) (local.get $most))))
    (loop $sleep
      (drop (i32.atomic.rmw.add${place("sleepers")} (global.get $control) (i32.const 1)))
      (drop (memory.atomic.wait32 (local.get $place) (local.get $old) (i64.const -1)))
      (drop (i32.atomic.rmw.sub${place("sleepers")} (global.get $control) (i32.const 1)))
      (br_if $sleep (i32.eq (i32.atomic.load (local.get $place)) (local.get $old)))))

  (func $wake (param $place i32)
    (if (i32.atomic.load${place("sleepers")} (global.get $control))
      (then (drop (memory.atomic.notify (local.get $place) (i32.const -1))))))

  ;; The first turn of this thread, and that of the next: each has as many as their number allows.
  (func $share (param $from i32) (param $to i32) (param $step i32) (result i32 i32) (local $turns i32)
    (if (i32.or (i32.eq (global.get $threads) (i32.const 1)) (i32.le_s (local.get $to) (local.get $from)))
      (then (return (local.get $from) (local.get $to))))
    (local.set $turns
      (i32.div_u
        (i32.sub (i32.add (i32.sub (local.get $to) (local.get $from)) (local.get $step)) (i32.const 1))
        (local.get $step)))
    (call $turn (local.get $from) (local.get $turns) (local.get $step) (global.get $thread))
    (call $turn (local.get $from) (local.get $turns) (local.get $step)
      (i32.add (global.get $thread) (i32.const 1))))

  (func $turn (param $from i32) (param $turns i32) (param $step i32) (param $number i32) (result i32)
    (i32.add (local.get $from)
      (i32.mul (local.get $step)
        (i32.div_u (i32.mul (local.get $turns) (local.get $number)) (global.get $threads)))))

  ;; The first row of this thread, and that of the next, of so many in such blocks.
  (func $rows (param $count i32) (param $block i32) (result i32 i32)
    (call $share
      (i32.const 0)
      (i32.mul
        (i32.div_u
          (i32.sub (i32.add (local.get $count) (local.get $block)) (i32.const 1))
          (local.get $block))
        (local.get $block))
      (local.get $block)))

  ;; The turns of a loop that are in some rows.
  (func $among (param $from i32) (param $to i32) (param $first i32) (param $end i32) (result i32 i32)
    (select (local.get $from) (local.get $first) (i32.gt_s (local.get $from) (local.get $first)))
    (select (local.get $to) (local.get $end) (i32.lt_s (local.get $to) (local.get $end))))`;
}

/** The first of a thread's turns, and the first of the next thread. */
export const shareOf = (from: Wat, to: Wat, step: number): Wat => ["call", "$share", from, to, i32(step)];

/** The first of a thread's rows, and the first of the next thread. */
export const rowsOf = (count: Wat, block: number): Wat => ["call", "$rows", count, i32(block)];

/** The turns of a loop from `from` to `to` that are in the rows from `first` to `end`, in the same way. */
export const turnsInRows = (from: Wat, to: Wat, first: Wat, end: Wat): Wat => [
  "call",
  "$among",
  from,
  to,
  first,
  end,
];

/** What the first thread alone does. */
export const alone = (code: readonly Wat[]): Wat => [
  "if",
  ["i32.eqz", ["global.get", "$thread"]],
  ["then", ...code],
];

export const barrier: Wat = ["call", "$barrier"];
