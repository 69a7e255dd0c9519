// Charts drawn from the tables that stand in the page: the same numbers, for eyes. The table stays for everybody else.
const drawn = new WeakMap(); // chart element -> ECharts instance
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => drawn.get(target)?.resize()));

export function drawCharts(root) {
  if (!window.echarts) return;
  for (const element of root.querySelectorAll(".chart[data-chart]")) {
    if (element.offsetWidth && element.offsetHeight) draw(element);
  }
}

function draw(element) {
  const table = element.parentElement.querySelector(".table table");
  const make = KINDS[element.dataset.chart];
  if (!table || !make) return;
  let chart = drawn.get(element);
  if (!chart) {
    chart = window.echarts.init(element, null, { renderer: "canvas" });
    drawn.set(element, chart);
    sizes.observe(element);
    chart.on("click", ({ dataIndex, data }) => follow(element, data?.row ?? dataIndex));
  }
  chart.setOption(make(read(table), look(element)), { notMerge: true });
}

// A bar leads where its row in the table leads.
function follow(element, index) {
  const rows = element.parentElement.querySelectorAll(".table tbody tr");
  rows[index]?.querySelector("a")?.click();
}

function read(table) {
  const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  return { titles, rows };
}

const number = (text) => Number.parseFloat(text.replaceAll(",", "")) || 0;

function look(element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(name).trim();
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return {
    rem, size: Math.round(rem * 0.78), font: style.fontFamily, rows: Math.max(1, Math.floor(element.offsetHeight / (rem * 1.35))),
    ink: colour("--ink"), soft: colour("--soft"), line: colour("--line"), bar: colour("--bar"), raised: colour("--raised"),
    calm: colour("--calm"), good: colour("--good"), dim: colour("--h1"),
  };
}

function base(look) {
  return {
    animationDuration: 300, animationDurationUpdate: 300,
    textStyle: { fontFamily: look.font, color: look.soft, fontSize: look.size },
    tooltip: {
      renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: look.line, opacity: 0.4 } },
      backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink, fontSize: look.size, fontFamily: look.font },
    },
  };
}

const category = (data, look, more = {}) => ({
  type: "category", data, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } },
  axisLabel: { color: look.soft, fontSize: look.size, ...more },
});

const value = (look, more = {}) => ({
  type: "value", splitNumber: 3, minInterval: 1, axisLabel: { color: look.soft, fontSize: look.size },
  splitLine: { lineStyle: { color: look.line, opacity: 0.6 } }, ...more,
});

// Days: what came in, and of it what is done by now (the last column, where there is one).
function days({ titles, rows }, look) {
  const names = rows.map(([day]) => day.slice(5));
  const bar = (name, data, color, more = {}) => ({ name, type: "bar", data, barCategoryGap: "25%", itemStyle: { color, borderRadius: 2 }, ...more });
  const series = rows[0]?.length > 2
    ? [bar(titles[1], rows.map((row) => number(row[1])), look.dim, { barGap: "-100%" }), bar(titles[2], rows.map((row) => number(row[2])), look.calm)]
    : [bar(titles[1], rows.map((row) => number(row[1])), look.calm)];
  return {
    ...base(look), series, xAxis: category(names, look), yAxis: value(look),
    legend: { show: series.length > 1, right: 0, top: 0, itemWidth: look.size, itemHeight: look.size * 0.7, textStyle: { color: look.soft, fontSize: look.size } },
    grid: { left: look.rem * 2.2, right: look.rem * 0.4, top: look.rem * 1.5, bottom: look.rem * 1.5 },
  };
}

function months({ titles, rows }, look) {
  return days({ titles, rows: rows.map(([month, count]) => [`.....${month.slice(2)}`, count]) }, look);
}

// Rows of a table as horizontal bars, as many as there is room for; `name` and `shown` are columns, `whole` one that stands behind it.
function bars({ titles, rows }, look, { name = 0, shown = 1, whole = null, most = null, color = look.calm, unit = "" }) {
  const kept = rows.map((row, index) => ({ row, index })).slice(0, look.rows).reverse();
  const data = (column) => kept.map(({ row, index }) => ({ value: number(row[column]), row: index }));
  const label = { show: true, position: "right", color: look.ink, fontSize: look.size, formatter: ({ value }) => `${value}${unit}` };
  const bar = (column, fill, more) => ({ name: titles[column], type: "bar", data: data(column), barWidth: "55%", itemStyle: { color: fill, borderRadius: 2 }, ...more });
  const series = [bar(shown, color, whole === null ? { label } : {})];
  if (whole !== null) {
    const both = ({ dataIndex, value }) => `${number(kept[dataIndex].row[shown])}/${value}`;
    series.unshift(bar(whole, look.dim, { barGap: "-100%", label: { ...label, formatter: both } }));
  }
  return {
    ...base(look), series,
    xAxis: value(look, { show: false, max: most }), yAxis: category(kept.map(({ row }) => row[name]), look, { width: look.rem * 7, overflow: "truncate" }),
    grid: { left: look.rem * 7.6, right: look.rem * 3.2, top: 0, bottom: 0 },
  };
}

const KINDS = {
  days, months,
  pairs: (table, look) => bars(table, look, { shown: 2, whole: 1, color: look.good }),
  kinds: (table, look) => bars(table, look, {}),
  shares: (table, look) => bars(table, look, { most: 100, unit: "%", color: look.good }),
  league: (table, look) => bars(table, look, { name: 1, shown: 2, most: 100 }),
};
