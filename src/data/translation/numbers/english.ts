const SMALL = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
  "thirteen",
  "fourteen",
  "fifteen",
  "sixteen",
  "seventeen",
  "eighteen",
  "nineteen",
] as const;
const TENS = [
  "",
  "",
  "twenty",
  "thirty",
  "forty",
  "fifty",
  "sixty",
  "seventy",
  "eighty",
  "ninety",
] as const;
const IRREGULAR: Readonly<Record<string, string>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
};
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

function belowHundred(n: number): string {
  if (n < 20) return SMALL[n];
  const tens = TENS[Math.floor(n / 10)];
  return n % 10 === 0 ? tens : `${tens}-${SMALL[n % 10]}`;
}

function belowThousand(n: number): string {
  const rest = n % 100;
  if (n < 100) return belowHundred(n);
  const hundreds = `${SMALL[Math.floor(n / 100)]} hundred`;
  return rest === 0 ? hundreds : `${hundreds} and ${belowHundred(rest)}`;
}

/** The number as British English has it, `two thousand three hundred and forty-five`; 0 to 999,999. */
export function englishCardinal(n: number): string {
  if (n < 1000) return belowThousand(n);
  const thousands = `${belowThousand(Math.floor(n / 1000))} thousand`;
  const rest = n % 1000;
  if (rest === 0) return thousands;
  return `${thousands} ${rest < 100 ? "and " : ""}${belowThousand(rest)}`;
}

/** `twenty-first`, `one hundred and twelfth`; 1 to 999,999. */
export function englishOrdinal(n: number): string {
  return englishCardinal(n).replace(/[a-z]+$/, (last) => {
    return IRREGULAR[last] ?? `${last.replace(/y$/, "ie")}th`;
  });
}

/** A year as it is read: `nineteen ninety-nine`, `two thousand and four`; 1100 to 2099. */
export function englishYear(year: number): string {
  const rest = year % 100;
  if (year >= 2000 && year < 2010) return englishCardinal(year);
  const century = belowHundred(Math.floor(year / 100));
  if (rest === 0) return `${century} hundred`;
  return rest < 10 ? `${century} oh ${SMALL[rest]}` : `${century} ${belowHundred(rest)}`;
}

/** `twenty-one euros and one cent`; a part that is zero is left out. */
export function englishAmount(euros: number, cents: number): string {
  const parts: string[] = [];
  if (euros > 0) parts.push(`${englishCardinal(euros)} ${euros === 1 ? "euro" : "euros"}`);
  if (cents > 0) parts.push(`${englishCardinal(cents)} ${cents === 1 ? "cent" : "cents"}`);
  return parts.join(" and ");
}

/** `third of May`; day and month from 1. */
export function englishDate(day: number, month: number): string {
  return `${englishOrdinal(day)} of ${MONTHS[month - 1]}`;
}

/** `half past seven`, `seven minutes to three`; hour 1 to 12, minute 0 to 59. */
export function englishTime(hour: number, minute: number): string {
  if (minute === 0) return `${SMALL[hour]} o'clock`;
  const past = minute <= 30;
  const distance = past ? minute : 60 - minute;
  const reference = SMALL[past ? hour : hour % 12 + 1];
  return `${englishMinutes(distance)} ${past ? "past" : "to"} ${reference}`;
}

function englishMinutes(minutes: number): string {
  if (minutes === 30) return "half";
  if (minutes === 15) return "quarter";
  if (minutes % 5 === 0) return belowHundred(minutes);
  return `${belowHundred(minutes)} ${minutes === 1 ? "minute" : "minutes"}`;
}
