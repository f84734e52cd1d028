package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tributary/internal/domain/money"
	"tributary/internal/errs"
	"tributary/internal/rail/csv"
)

func TestAPayoutFileCannotRunFormulasInASpreadsheet(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	require.NoError(t, w.Write(csv.Payout{ID: 12, Key: "ab", Period: "2026-10", Handle: "-anna", Name: "=1+1", Email: "@anna", Detail: "+49,\"x\"\n=2",
		Amount: money.Amount{Minor: 123456, Currency: "KWD"}}))
	require.NoError(t, w.Flush())
	rows, err := stdcsv.NewReader(&buf).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, []string{"pln_12", "ab", "2026-10", "'-anna", "'=1+1", "'@anna", "'+49,\"x\"\n=2", "123.456", "KWD"}, rows[1])
	for in, want := range map[string]string{"": "", "anna": "anna", "\tx": "'\tx", "＝1": "'＝1", "é": "é"} {
		assert.Equal(t, want, csv.Text(in))
	}
}

func TestASettlementFileIsReadInAnyOfItsShapes(t *testing.T) {
	t.Parallel()
	amount := &money.Amount{Minor: 1000, Currency: "USD"}
	for name, c := range map[string]struct {
		file string
		want csv.Outcome
	}{
		"plain":           {"payout_id,status\npln_12,paid\n", csv.Outcome{Line: 2, ID: 12, Status: csv.Paid}},
		"number only":     {"payout_id,status\n12,SETTLED", csv.Outcome{Line: 2, ID: 12, Status: csv.Paid}},
		"by key":          {"status,payout_key\nrejected,AB\n", csv.Outcome{Line: 2, Key: "ab", Status: csv.Failed}},
		"semicolons":      {"payout_id;status;reference\r\npln_12;unknown;r,1\r\n", csv.Outcome{Line: 2, ID: 12, Status: csv.InDoubt, Reference: "r,1"}},
		"byte order mark": {"\xef\xbb\xbfPayout_ID , Status\npln_12,paid\n", csv.Outcome{Line: 2, ID: 12, Status: csv.Paid}},
		"amount":          {"payout_id,status,amount,currency\npln_12,paid,10.00,usd\n", csv.Outcome{Line: 2, ID: 12, Status: csv.Paid, Amount: amount}},
		"other columns":   {"payout_id,name,status,error\n\npln_12,\"a\nb\",failed,no such account\n", csv.Outcome{Line: 3, ID: 12, Status: csv.Failed, Error: "no such account"}},
	} {
		got, err := csv.Read([]byte(c.file))
		if assert.NoError(t, err, name) && assert.Len(t, got, 1, name) {
			assert.Equal(t, c.want, got[0], name)
		}
	}
}

func TestEverythingWrongWithASettlementFileIsToldAtOnce(t *testing.T) {
	t.Parallel()
	read := func(file string) *errs.Error {
		_, err := csv.Read([]byte(file))
		e := errs.As(err)
		require.NotNil(t, e, file)
		assert.Equal(t, errs.Invalid, e.Kind)
		return e
	}
	e := read("payout_id,status,amount,currency,payout_key\npln_x,paid,,,\npln_1,maybe,,,\npln_1,paid\n,paid,,,\npln_2,paid,1.005,USD,\npln_3,paid,1,XXX,\n")
	var lines []string
	for _, f := range e.Fields {
		lines = append(lines, f.Path)
	}
	assert.Equal(t, "line 2,line 3,line 4,line 5,line 6,line 7", strings.Join(lines, ","))
	assert.Empty(t, read("").Fields)
	assert.Empty(t, read("\xff\xfe").Fields)
	assert.Len(t, read("a,b\n1,2\n").Fields, 2)
	assert.Len(t, read("payout_id,status,status\n").Fields, 1)
	assert.Len(t, read("payout_id,status\npln_1,\"paid\n").Fields, 1)
}

func TestTenThousandPayoutsAreWrittenAndReadInASecond(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var buf, back bytes.Buffer
	w := csv.NewWriter(&buf)
	back.WriteString("payout_id,status\n")
	for i := range int64(10_000) {
		require.NoError(t, w.Write(csv.Payout{ID: i + 1, Key: strings.Repeat("a", 64), Period: "2026-10", Handle: "anna", Name: "Anna", Email: "anna@example.com",
			Detail: "DE00", Amount: money.Amount{Minor: i, Currency: "USD"}}))
		fmt.Fprintf(&back, "pln_%d,paid\n", i+1)
	}
	require.NoError(t, w.Flush())
	got, err := csv.Read(back.Bytes())
	require.NoError(t, err)
	assert.Len(t, got, 10_000)
	assert.Less(t, time.Since(start), time.Second)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("payout_id,status\npln_1,paid\n"))
	f.Add([]byte("payout_key;status;amount\nab;failed;1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := csv.Read(file)
		if err != nil && errs.As(err) == nil {
			t.Errorf("an error that is not for people: %v", err)
		}
		for _, o := range out {
			if o.Status == "" || (o.ID == 0 && o.Key == "") {
				t.Errorf("outcome %+v", o)
			}
		}
	})
}
