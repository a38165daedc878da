#include "tools/cli/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "tools/cli/formatting.h"

namespace semblance::cli {
namespace {

constexpr double kWidth = 960, kMargin = 28, kGap = 28;
constexpr double kTitleHeight = 52, kLegendLine = 22, kRowHeight = 330, kTallRowHeight = 430;
// Inside of a panel, around its plot.
constexpr double kLeft = 62, kRight = 12, kTop = 34, kBottom = 50;
constexpr size_t kColours = 8;
constexpr double kLetter = 7.2;     // about the width of one at 13 pixels
constexpr double kArrowEvery = 34;  // pixels between two arrows at least

constexpr char kStyle[] = R"(<style>
svg { font-family: system-ui, "Segoe UI", "DejaVu Sans", Helvetica, sans-serif; font-size: 13px; }
.page { fill: #ffffff; } .text { fill: #1f2328; } .soft { fill: #59636e; }
.title { font-size: 17px; font-weight: 600; } .heading { font-size: 14px; font-weight: 600; }
.tick { font-size: 12px; } .grid { stroke: #e3e7ec; stroke-width: 1; } .axis { stroke: #8c959f; stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.hollow { fill: #ffffff; stroke-width: 2; } .again { stroke-dasharray: 6 4; }
.c0 { stroke: #0b6bcb; } .f0 { fill: #0b6bcb; } .c1 { stroke: #cf3f54; } .f1 { fill: #cf3f54; }
.c2 { stroke: #1f8a54; } .f2 { fill: #1f8a54; } .c3 { stroke: #8250df; } .f3 { fill: #8250df; }
.c4 { stroke: #b86e00; } .f4 { fill: #b86e00; } .c5 { stroke: #0b7f8a; } .f5 { fill: #0b7f8a; }
.c6 { stroke: #b03a8c; } .f6 { fill: #b03a8c; } .c7 { stroke: #5f6873; } .f7 { fill: #5f6873; }
@media (prefers-color-scheme: dark) {
.page, .hollow { fill: #0f1419; } .text { fill: #e6edf3; } .soft { fill: #9aa4af; }
.grid { stroke: #252c34; } .axis { stroke: #6b7580; }
.c0 { stroke: #6cb2ff; } .f0 { fill: #6cb2ff; } .c1 { stroke: #ff8a94; } .f1 { fill: #ff8a94; }
.c2 { stroke: #63d297; } .f2 { fill: #63d297; } .c3 { stroke: #bfa0ff; } .f3 { fill: #bfa0ff; }
.c4 { stroke: #ffb84d; } .f4 { fill: #ffb84d; } .c5 { stroke: #4dd0e1; } .f5 { fill: #4dd0e1; }
.c6 { stroke: #f29ad4; } .f6 { fill: #f29ad4; } .c7 { stroke: #aab2bd; } .f7 { fill: #aab2bd; }
}
</style>
)";

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : OneLine(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Pixels(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string Text(double x, double y, const std::string& classes, const std::string& anchor,
                 const std::string& text, const std::string& more = "") {
  return "<text x=\"" + Pixels(x) + "\" y=\"" + Pixels(y) + "\" class=\"" + classes +
         "\" text-anchor=\"" + anchor + "\"" + more + ">" + Escaped(text) + "</text>\n";
}

std::string Line(double x1, double y1, double x2, double y2, const char* classes) {
  return "<line x1=\"" + Pixels(x1) + "\" y1=\"" + Pixels(y1) + "\" x2=\"" + Pixels(x2) +
         "\" y2=\"" + Pixels(y2) + "\" class=\"" + classes + "\"/>\n";
}

std::string Circle(double x, double y, double radius, const std::string& classes) {
  return "<circle cx=\"" + Pixels(x) + "\" cy=\"" + Pixels(y) + "\" r=\"" + Pixels(radius) +
         "\" class=\"" + classes + "\"/>\n";
}

std::string Stroke(size_t colour) { return "c" + std::to_string(colour % kColours); }
std::string Fill(size_t colour) { return "f" + std::to_string(colour % kColours); }
std::string LineClasses(size_t colour) {
  return "line " + Stroke(colour) + (colour >= kColours ? " again" : "");
}

// As many digits as tell two ticks apart; thousands with commas.
std::string TickText(double value, double step) {
  if (step >= 1 && std::abs(value) < 1e15) {
    const std::string digits = FormatCount(static_cast<uint64_t>(std::llround(std::abs(value))));
    return (std::llround(value) < 0 ? "\u2212" : "") + digits;
  }
  const int places = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 12);
  const std::string text = FormatReal(std::abs(value) < step / 1e6 ? 0 : value, places);
  return text[0] == '-' ? "\u2212" + text.substr(1) : text;
}

struct Scale {
  double low = 0, high = 1;  // what the axis spans
  double from = 0, to = 1;   // in pixels
  std::vector<double> ticks;
  double step = 1;  // from tick to tick

  double At(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

// Spans the points with a little room around them. An axis that would begin near zero begins there.
Scale ScaleOf(const Panel& panel, double Point::*side, double from, double to, int count) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Series& series : panel.series) {
    for (const Point& point : series.points) {
      low = std::min(low, point.*side);
      high = std::max(high, point.*side);
    }
  }
  if (!(low <= high)) low = 0, high = 1;  // no points
  const bool from_zero = low >= 0 && low < 0.35 * high;
  if (from_zero) low = 0;
  const std::vector<double> around = RoundTicks(low, high, count);
  if (high - low < 1e-9 * std::abs(high)) low = around.front(), high = around.back();
  const double room = 0.04 * (high - low);
  Scale scale{from_zero ? 0 : low - room, high + room, from, to, {}, around[1] - around[0]};
  for (double tick = around.front(); tick <= scale.high; tick += scale.step) {
    if (tick >= scale.low) scale.ticks.push_back(tick);
  }
  return scale;
}

std::string Frame(const Panel& panel, const Scale& x, const Scale& y) {
  std::string svg;
  const double middle = (x.from + x.to) / 2;
  svg += Text(x.from - kLeft + 6, y.to - 16, "text heading", "start", panel.title);
  for (const double tick : y.ticks) {
    svg += Line(x.from, y.At(tick), x.to, y.At(tick), "grid");
    svg += Text(x.from - 8, y.At(tick) + 4, "soft tick", "end", TickText(tick, y.step));
  }
  for (const double tick : x.ticks) {
    svg += Line(x.At(tick), y.from, x.At(tick), y.from + 5, "axis");
    svg += Text(x.At(tick), y.from + 19, "soft tick", "middle", TickText(tick, x.step));
  }
  svg += Line(x.from, y.from, x.to, y.from, "axis");
  svg += Text(middle, y.from + 40, "text", "middle", panel.x_label);
  const double height = (y.from + y.to) / 2, beside = x.from - kLeft + 14;
  svg += Text(beside, height, "text", "middle", panel.y_label,
              " transform=\"rotate(-90 " + Pixels(beside) + " " + Pixels(height) + ")\"");
  return svg;
}

// A triangle in the middle of the way from `a` to `b`, pointing to `b`.
std::string Arrow(const Point& a, const Point& b, size_t colour) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  const double dx = (b.x - a.x) / length, dy = (b.y - a.y) / length;
  const Point middle = {(a.x + b.x) / 2, (a.y + b.y) / 2};
  const auto corner = [&](double along, double across) {
    return Pixels(middle.x + along * dx - across * dy) + "," +
           Pixels(middle.y + along * dy + across * dx);
  };
  return "<polygon points=\"" + corner(6, 0) + " " + corner(-5, 5) + " " + corner(-5, -5) +
         "\" class=\"" + Fill(colour) + "\"/>\n";
}

std::string SeriesSvg(const Series& series, bool arrows, const Scale& x, const Scale& y) {
  if (series.points.empty()) return "";
  std::vector<Point> pixels;
  std::string list;
  for (const Point& point : series.points) {
    pixels.push_back({x.At(point.x), y.At(point.y)});
    list += (list.empty() ? "" : " ") + Pixels(pixels.back().x) + "," + Pixels(pixels.back().y);
  }
  std::string svg =
      "<polyline points=\"" + list + "\" class=\"" + LineClasses(series.colour) + "\"/>\n";
  if (!arrows) {
    if (pixels.size() == 1) svg += Circle(pixels[0].x, pixels[0].y, 3.5, Fill(series.colour));
    return svg;
  }
  double since = kArrowEvery;  // pixels of the way since the last arrow
  for (size_t i = 1; i < pixels.size(); ++i) {
    const double length = std::hypot(pixels[i].x - pixels[i - 1].x, pixels[i].y - pixels[i - 1].y);
    since += length;
    if (since < kArrowEvery || length < 3) continue;
    svg += Arrow(pixels[i - 1], pixels[i], series.colour);
    since = 0;
  }
  svg += Circle(pixels.front().x, pixels.front().y, 4, "hollow " + Stroke(series.colour));
  svg += Circle(pixels.back().x, pixels.back().y, 4.5, Fill(series.colour));
  return svg;
}

std::string PanelSvg(const Panel& panel, double left, double top, double width, double height) {
  const auto ticks = [](double pixels, double each) {
    return std::max(2, static_cast<int>(pixels / each));
  };
  const double plot_width = width - kLeft - kRight, plot_height = height - kTop - kBottom;
  const Scale x =
      ScaleOf(panel, &Point::x, left + kLeft, left + kLeft + plot_width, ticks(plot_width, 90));
  const Scale y =
      ScaleOf(panel, &Point::y, top + kTop + plot_height, top + kTop, ticks(plot_height, 50));
  std::string svg = "<g>\n" + Frame(panel, x, y);
  for (const Series& series : panel.series) svg += SeriesSvg(series, panel.arrows, x, y);
  return svg + "</g>\n";
}

// Entries one after another, in as many lines as they need; `*top` is moved behind them.
std::string Legend(const std::vector<std::string>& names, double* top) {
  std::string svg = "<g>\n";
  double x = kMargin + 6, y = *top + 12;
  for (size_t i = 0; i < names.size(); ++i) {
    const double width = 34 + kLetter * static_cast<double>(DisplayWidth(names[i])) + 22;
    if (x + width > kWidth - kMargin && i > 0) {
      x = kMargin + 6;
      y += kLegendLine;
    }
    svg += Line(x, y - 4, x + 24, y - 4, LineClasses(i).c_str());
    svg += Text(x + 32, y, "text", "start", names[i]);
    x += width;
  }
  *top = y + kLegendLine;
  return svg + "</g>\n";
}

bool HasArrows(const std::vector<Panel>& row) {
  return std::any_of(row.begin(), row.end(), [](const Panel& panel) { return panel.arrows; });
}

}  // namespace

std::vector<double> RoundTicks(double low, double high, int count) {
  if (high - low < 1e-12 * std::max({1.0, std::abs(low), std::abs(high)})) {
    const double room = low == 0 ? 1 : std::abs(low) / 10;
    low -= room;
    high += room;
  }
  const double rough = (high - low) / std::max(count, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * (1 - 1e-9)) step = factor * power;
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double at = first; at <= last; ++at) ticks.push_back(at * step);
  if (ticks.size() == 1) ticks.push_back((first + 1) * step);
  return ticks;
}

std::string DrawSvg(const Chart& chart) {
  double top = kTitleHeight;
  std::string body = Text(kMargin + 6, 34, "text title", "start", chart.title);
  body += Legend(chart.legend, &top);
  for (const std::vector<Panel>& row : chart.rows) {
    const double height = HasArrows(row) ? kTallRowHeight : kRowHeight;
    double shares = 0;
    for (const Panel& panel : row) shares += panel.width;
    const double room = kWidth - 2 * kMargin - kGap * (static_cast<double>(row.size()) - 1);
    double left = kMargin;
    for (const Panel& panel : row) {
      const double width = room * panel.width / shares;
      body += PanelSvg(panel, left, top, width, height);
      left += width + kGap;
    }
    top += height;
  }
  const std::string size = Pixels(kWidth) + " " + Pixels(top + 14);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" +
         Pixels(kWidth) + "\" height=\"" + Pixels(top + 14) + "\">\n" + kStyle +
         "<rect width=\"100%\" height=\"100%\" class=\"page\"/>\n" + body + "</svg>\n";
}

}  // namespace semblance::cli
