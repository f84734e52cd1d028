package kpi

import "math/big"

// Ratio is an exact figure. It is not defined ("n/a") where Den is zero.
type Ratio struct{ Num, Den int64 }

// Defined tells whether the figure is there at all.
func (r Ratio) Defined() bool { return r.Den != 0 }

// Decimal is the figure × scale with so many decimals, halves away from zero;
// "" when it is not defined. Scale 100 makes percent of it.
func (r Ratio) Decimal(scale int64, decimals int) string {
	if r.Den == 0 {
		return ""
	}
	x := r.rat()
	x.Mul(x, new(big.Rat).SetInt64(scale))
	return x.FloatString(decimals)
}

// Minor is the figure rounded to whole minor units, halves away from zero.
func (r Ratio) Minor(scale int64) int64 {
	if r.Den == 0 {
		return 0
	}
	x := r.rat()
	x.Mul(x, new(big.Rat).SetInt64(scale))
	n, ok := new(big.Int).SetString(x.FloatString(0), 10)
	if !ok || !n.IsInt64() {
		return 0
	}
	return n.Int64()
}

func (r Ratio) rat() *big.Rat { return new(big.Rat).SetFrac(big.NewInt(r.Num), big.NewInt(r.Den)) }

func half() *big.Rat { return big.NewRat(1, 2) }

// Figures are the six KPIs, gross (before refunds and clawback) or net (after).
// Money ratios are in minor units of the currency of the sums.
type Figures struct {
	Conversions    int64 // orders
	Sales          int64
	ConversionRate Ratio // orders won by a click or a visit ÷ valid clicks
	CTR            Ratio // valid clicks ÷ impressions
	ROI            Ratio // (sales − cost) ÷ cost
	RPM            Ratio // sales ÷ impressions, to be taken × 1000
	CPA            Ratio // cost ÷ conversions
	Cost           int64 // commission, fees and gifts
}

// GrossFigures is before refunds, with the cost before clawback.
func (m *Measures) GrossFigures() Figures {
	return figures(m, m[Orders], m[ClickOrders], m[Gross], m[Earned]+m[Gifts])
}

// NetFigures is after refunds, with the cost that remained.
func (m *Measures) NetFigures() Figures {
	return figures(m, m[Kept], m[KeptClicks], m[Net], m[Earned]-m[Reversed]+m[Gifts])
}

func figures(m *Measures, orders, byClick, sales, cost int64) Figures {
	return Figures{
		Conversions: orders, Sales: sales, Cost: cost,
		ConversionRate: Ratio{byClick, m[Clicks]},
		CTR:            Ratio{m[Clicks], m[Impressions]},
		ROI:            Ratio{sales - cost, cost},
		RPM:            Ratio{sales, m[Impressions]},
		CPA:            Ratio{cost, orders},
	}
}

// RepeatRate is repeat conversions ÷ customers acquired.
func (m *Measures) RepeatRate() Ratio { return Ratio{m[Repeats], m[Acquired]} }
