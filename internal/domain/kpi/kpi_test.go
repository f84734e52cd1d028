package kpi_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tributary/internal/domain/kpi"
)

func TestTheArticlesFigures(t *testing.T) {
	t.Parallel()
	var m kpi.Measures
	m[kpi.Gross], m[kpi.Net] = 200_000, 170_000
	m[kpi.Earned], m[kpi.Reversed] = 50_000, 3_000
	m[kpi.Impressions], m[kpi.Clicks] = 100_000, 3_000
	m[kpi.Orders], m[kpi.Kept] = 25, 23
	m[kpi.ClickOrders], m[kpi.KeptClicks] = 10, 9
	gross, net := m.GrossFigures(), m.NetFigures()
	for _, c := range []struct{ name, got, want string }{
		{"ROI of 2,000 for 500", gross.ROI.Decimal(100, 1), "300.0"},
		{"ROI after refunds", net.ROI.Decimal(100, 1), "261.7"},
		{"RPM", gross.RPM.Decimal(10, 2), "20.00"}, // minor units → × 1000 ÷ 100
		{"CPA", gross.CPA.Decimal(1, 0), "2000"},
		{"CTR", gross.CTR.Decimal(100, 0), "3"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, want %s", c.name, c.got, c.want)
		}
	}
	m[kpi.Clicks] = 100
	if got := m.GrossFigures().ConversionRate.Decimal(100, 0); got != "10" {
		t.Errorf("10 sales of 100 clicks are %s %%", got)
	}
}

func TestNothingIsDividedByZero(t *testing.T) {
	t.Parallel()
	var m kpi.Measures
	f := m.GrossFigures()
	for name, r := range map[string]kpi.Ratio{"conversion": f.ConversionRate, "ctr": f.CTR, "roi": f.ROI, "rpm": f.RPM, "cpa": f.CPA, "repeat": m.RepeatRate()} {
		if r.Defined() || r.Decimal(100, 2) != "" {
			t.Errorf("%s is defined", name)
		}
	}
}

func TestHoursAreThoseOfTheShopsClock(t *testing.T) {
	t.Parallel()
	kolkata, err := time.LoadLocation("Asia/Kolkata") // UTC+5:30
	if err != nil {
		t.Fatal(err)
	}
	got := kpi.HourOf(time.Date(2026, 11, 1, 10, 45, 7, 9, time.UTC), kolkata)
	if want := time.Date(2026, 11, 1, 10, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestCellsSurviveTheirEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := kpi.Cells{}
		for range rapid.IntRange(0, 6).Draw(t, "cells") {
			k := kpi.Key{Dim: kpi.Dim(rapid.IntRange(0, 7).Draw(t, "dim")), ID: rapid.Int64().Draw(t, "id"),
				Hour: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "hour"), 0).UTC(), Currency: rapid.SampledFrom([]string{"USD", "JPY", ""}).Draw(t, "currency")}
			c.At(k)[rapid.IntRange(0, kpi.MeasureCount-1).Draw(t, "measure")] += rapid.Int64().Draw(t, "value")
		}
		b := c.Encode()
		d, err := kpi.Decode(b)
		if err != nil || !bytes.Equal(d.Encode(), b) {
			t.Fatalf("%v: %v", err, d)
		}
		d.Add(c, -1)
		if len(d.Keys()) != 0 {
			t.Fatalf("what went in and came out differ by %v", d)
		}
	})
}

func FuzzDecode(f *testing.F) {
	c := kpi.Cells{}
	c.At(kpi.Key{Dim: kpi.Link, ID: 7, Hour: time.Unix(3600, 0), Currency: "USD"})[kpi.Gross] = 12
	f.Add(c.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := kpi.Decode(b); err == nil && len(c) > len(b) {
			t.Fatal("more cells than bytes")
		}
	})
}

func TestAScoreOfFewSalesStaysNearTheAverage(t *testing.T) {
	t.Parallel()
	var shop, lucky, proven, none kpi.Measures
	shop[kpi.Clicks], shop[kpi.ClickOrders], shop[kpi.Orders], shop[kpi.Kept] = 10_000, 500, 600, 540
	shop[kpi.Net], shop[kpi.Acquired], shop[kpi.Repeats] = 6_000_000, 300, 60
	lucky[kpi.Clicks], lucky[kpi.ClickOrders], lucky[kpi.Orders], lucky[kpi.Kept], lucky[kpi.Net] = 4, 2, 2, 2, 60_000
	proven[kpi.Clicks], proven[kpi.ClickOrders], proven[kpi.Orders], proven[kpi.Kept], proven[kpi.Net] = 2_000, 200, 200, 196, 4_000_000
	proven[kpi.Acquired], proven[kpi.Repeats] = 100, 40
	if got := kpi.Scored(&none, &shop).Points; got != 50 {
		t.Errorf("without anything %d", got)
	}
	l, p := kpi.Scored(&lucky, &shop), kpi.Scored(&proven, &shop)
	if l.Points <= 50 || l.Points >= 70 || p.Points <= 80 {
		t.Errorf("two lucky sales %d, two hundred good ones %d", l.Points, p.Points)
	}
	if got := kpi.Best(map[int64]kpi.Score{1: l, 2: p}); got[0] != 2 {
		t.Errorf("%v", got)
	}
	var empty kpi.Measures
	if got := kpi.Scored(&lucky, &empty); got.Points != 50 || len(got.Components) != 0 {
		t.Errorf("%+v", got)
	}
}
